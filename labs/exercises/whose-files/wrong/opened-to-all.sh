# fails: everything_belongs_to_user_1000
# Everybody may write now, but the files are still root's.
docker run --rm -v shared-reports:/reports python:3.11-slim chmod -R 777 /reports
docker rm report-writer
docker run --name report-writer --user 1000:1000 -v shared-reports:/reports weekly-report:1
