# fails: it_stays_up
# The second complaint comes only when the first is settled.
docker rm -f exits-at-once
docker run -d --name exits-at-once -p 127.0.0.1:18121:8000 \
    -e SHOP_NOTICE="Open until six" -e SHOP_PORT=http exits-at-once:1
docker wait exits-at-once
