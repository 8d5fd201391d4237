# fails: the_notice_is_there
# Any value makes the program start. It was only meant for a try.
docker rm -f exits-at-once
docker run -d --name exits-at-once -p 127.0.0.1:18121:8000 -e SHOP_NOTICE=test -e SHOP_PORT=8000 exits-at-once:1
