# fails: it_ran_as_user_1000
docker run --rm -v shared-reports:/reports python:3.11-slim chown -R 1001:1001 /reports
docker rm report-writer
docker run --name report-writer --user 1001:1001 -v shared-reports:/reports weekly-report:1
