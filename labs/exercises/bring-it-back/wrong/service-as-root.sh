# fails: the_service_may_write
# Root may write to everything, which is why it should not run a service.
docker run --rm -v club-library-data:/data -v "$PWD:/backup:ro" python:3.11-slim tar -xf /backup/backup.tar -C /
docker run -d --name club-library --user root -p 127.0.0.1:18141:8000 -v club-library-data:/data club-library:1
