# Builds the image, and starts the worker without a limit, beside its neighbour.
set -e
docker rm -f leaky-worker quiet-neighbour > /dev/null 2>&1 || true
docker build -q -t stay-in-bounds:1 image
docker run -d --name quiet-neighbour --init stay-in-bounds:1 sleep infinity
docker run -d --name leaky-worker stay-in-bounds:1
