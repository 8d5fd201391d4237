# Builds the image and starts a container the way your colleague does.
docker rm -f exits-at-once > /dev/null 2>&1 || true
docker build -q -t exits-at-once:1 image
docker run -d --name exits-at-once -p 127.0.0.1:18121:8000 -e SHOP_PORT=http exits-at-once:1
# Until it has ended, which takes no second.
docker wait exits-at-once > /dev/null
