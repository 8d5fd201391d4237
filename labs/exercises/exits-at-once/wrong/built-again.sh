# fails: it_is_the_same_image
# The settings are built into the image, where nobody else can choose them.
docker rm -f exits-at-once
printf 'ENV SHOP_NOTICE="Open until six" SHOP_PORT=8000\n' >> image/Dockerfile
docker build -q -t exits-at-once:1 image
docker run -d --name exits-at-once -p 127.0.0.1:18121:8000 exits-at-once:1
