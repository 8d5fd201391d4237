# Sets the scene: a library in a volume, a backup of it, and then the accident.
set -e
volume=club-library-data

docker rm -f club-library >/dev/null 2>&1 || true
for container in $(docker ps -aq --filter volume=$volume); do docker rm -f "$container" >/dev/null; done
docker volume rm $volume >/dev/null 2>&1 || true

docker build -q -t club-library:1 service
docker run --rm -i -v $volume:/data club-library:1 python - < scene/make_library.py
docker run --rm -v $volume:/data:ro club-library:1 tar -C / -cf - data > backup.tar

docker volume rm $volume >/dev/null
echo "The volume $volume is gone. The backup is in backup.tar."
