# fails: the_board_asks_by_name
# It works until the clock gets another address.
docker network create talk-net
docker rm -f talk-board
docker network connect talk-net talk-clock
address=$(docker inspect --format '{{(index .NetworkSettings.Networks "talk-net").IPAddress}}' talk-clock)
docker run -d --name talk-board --network talk-net -p 127.0.0.1:18191:8000 -e CLOCK="$address" \
    two-that-talk:1 python board.py
