# fails: it_is_the_same_image
# The program no longer asks, because its source was changed.
docker rm -f exits-at-once
sed -i 's/os.environ.get("SHOP_PORT", "")/"8000"/' image/server.py
docker build -q -t exits-at-once:1 image
docker run -d --name exits-at-once -p 127.0.0.1:18121:8000 -e SHOP_NOTICE="Open until six" exits-at-once:1
