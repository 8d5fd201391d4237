# What root has written so far is given to user 1000, once. A throw-away container is root, so it may.
docker run --rm -v shared-reports:/reports python:3.11-slim chown -R 1000:1000 /reports

# From now on the job itself runs as user 1000.
docker rm report-writer
docker run --name report-writer --user 1000:1000 -v shared-reports:/reports weekly-report:1
