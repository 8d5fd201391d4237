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
image=$(docker build -q --provenance=false "$scene")
docker save -o release.tar "$image"
docker rmi "$image" > /dev/null
echo "release.tar is there. What is in it?"
