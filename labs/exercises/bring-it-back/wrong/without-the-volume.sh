# fails: the_service_runs_on_it
# The service starts all the same, with an empty library.
docker run --rm -v club-library-data:/data -v "$PWD:/backup:ro" python:3.11-slim tar -xf /backup/backup.tar -C /
docker run -d --name club-library -p 127.0.0.1:18141:8000 club-library:1
