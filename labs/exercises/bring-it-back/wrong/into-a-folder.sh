# fails: the_volume_is_back
# A path is a folder of this machine; the volume is as gone as before.
docker run --rm -v "$PWD/club-library-data:/data" -v "$PWD:/backup:ro" python:3.11-slim tar -xf /backup/backup.tar -C /
docker run -d --name club-library -p 127.0.0.1:18141:8000 -v "$PWD/club-library-data:/data" club-library:1
