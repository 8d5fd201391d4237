# It is not among the running ones, but it is still there, and so is what it said: a variable is missing.
docker ps -a --filter name=exits-at-once
docker logs exits-at-once

# With that variable the program gets further, and has another complaint: its port has to be a number.
docker rm exits-at-once
docker run -d --name exits-at-once -p 127.0.0.1:18121:8000 \
    -e SHOP_NOTICE="Open until six" -e SHOP_PORT=http exits-at-once:1
docker wait exits-at-once
docker logs exits-at-once

# -p leads to port 8000 of the container, so that is where the program should listen.
docker rm exits-at-once
docker run -d --name exits-at-once -p 127.0.0.1:18121:8000 \
    -e SHOP_NOTICE="Open until six" -e SHOP_PORT=8000 exits-at-once:1
