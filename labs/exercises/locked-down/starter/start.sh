# Builds the guest book. Running it is up to you.
set -e
docker rm -f locked-down > /dev/null 2>&1 || true
docker build -q -t locked-down:1 image
echo "The image locked-down:1 is ready."
