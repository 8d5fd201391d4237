# fails: the_history_is_complete
# A clean start, and the history is gone.
docker run --rm -v shared-reports:/reports python:3.11-slim sh -c 'rm -rf /reports/*'
docker rm report-writer
docker run --name report-writer --user 1000:1000 -v shared-reports:/reports weekly-report:1
