# Leaves an archive of an image that has no name, and removes the image itself. Run again, it makes another version.
docker rmi -f carry-over:restored > /dev/null 2>&1 || true
scene=$(mktemp -d "$PWD/scene.XXXXXX")
trap 'rm -rf "$scene"' EXIT

version="3.$((RANDOM % 900 + 100))"
echo "echo 'Stock list, version $version'" > "$scene/stock.sh"
cat > "$scene/Dockerfile" <<END
FROM python:3.11-slim
LABEL org.opencontainers.image.version=$version
COPY stock.sh /
CMD ["sh", "/stock.sh"]
END
docker build -q --provenance=false -t carry-over:restored "$scene" > /dev/null
docker save -o release.tar "$(docker image inspect --format '{{.Id}}' carry-over:restored)"
docker rmi carry-over:restored > /dev/null
echo "release.tar is there. What is in it?"
