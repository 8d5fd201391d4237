# fails: it_answers_on_the_port
# It runs, and nobody can reach it.
docker rm -f exits-at-once
docker run -d --name exits-at-once -e SHOP_NOTICE="Open until six" -e SHOP_PORT=8000 exits-at-once:1
