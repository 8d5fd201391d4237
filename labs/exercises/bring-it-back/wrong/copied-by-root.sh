# fails: the_service_may_write
# What root copies with `cp -r` belongs to root.
docker run --rm -v club-library-data:/data -v "$PWD:/backup:ro" python:3.11-slim \
  sh -c 'tar -xf /backup/backup.tar -C /tmp && cp -r /tmp/data/. /data'
docker run -d --name club-library -p 127.0.0.1:18141:8000 -v club-library-data:/data club-library:1
