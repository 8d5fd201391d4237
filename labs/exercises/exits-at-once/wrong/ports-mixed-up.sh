# fails: it_answers_on_the_port
# The program listens on the port of the machine, and -p leads to another one of the container.
docker rm -f exits-at-once
docker run -d --name exits-at-once -p 127.0.0.1:18121:8000 \
    -e SHOP_NOTICE="Open until six" -e SHOP_PORT=18121 exits-at-once:1
