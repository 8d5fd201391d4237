# fails: it_ran_as_user_1000
# Next week it is root's again.
docker rm report-writer
docker run --name report-writer -v shared-reports:/reports weekly-report:1
docker run --rm -v shared-reports:/reports python:3.11-slim chown -R 1000:1000 /reports
