# fails: only_the_board_is_published
docker network create talk-net
docker rm -f talk-clock
docker run -d --name talk-clock --network talk-net -p 127.0.0.1:18193:8000 two-that-talk:1 python clock.py
docker network connect talk-net talk-board
