# fails: the_report_is_the_jobs
# The job wrote somewhere else, into a folder of this machine.
docker run --rm -v shared-reports:/reports python:3.11-slim chown -R 1000:1000 /reports
docker rm report-writer
mkdir -p reports && chmod 777 reports
docker run --rm --user 1000:1000 -v shared-reports:/reports weekly-report:1
docker run --name report-writer --user 1000:1000 -v "$PWD/reports:/reports" weekly-report:1
