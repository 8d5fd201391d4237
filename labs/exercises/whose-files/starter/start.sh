# Sets the scene: a volume of user 1000, into which a job has written as root.
set -e
volume=shared-reports

for container in $(docker ps -aq --filter volume=$volume); do docker rm -f "$container" >/dev/null; done
docker rm -f report-writer >/dev/null 2>&1 || true
docker volume rm $volume >/dev/null 2>&1 || true

docker build -q -t weekly-report:1 job
docker run --rm -i -v $volume:/reports python:3.11-slim \
  sh -c 'cat > /reports/history.txt; chown 1000:1000 /reports' <<END
2026-W37 412 visitors
2026-W38 389 visitors
2026-W39 455 visitors
2026-W40 431 visitors
END
docker run --name report-writer -v $volume:/reports weekly-report:1
