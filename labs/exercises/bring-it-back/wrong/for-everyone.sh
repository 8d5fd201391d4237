# fails: it_lends_books
docker run --rm -v club-library-data:/data -v "$PWD:/backup:ro" python:3.11-slim tar -xf /backup/backup.tar -C /
docker run -d --name club-library -p 18141:8000 -v club-library-data:/data club-library:1
