# fails: it_ended_well
# The job is user 1000 now, but may not write into its old files.
docker rm report-writer
docker run --name report-writer --user 1000:1000 -v shared-reports:/reports weekly-report:1 || true
