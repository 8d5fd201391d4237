# fails: the_board_shows_the_clock
# In the network, the clock is only known under the name that it was started with.
docker network create talk-net
docker network connect talk-net talk-clock
docker rm -f talk-board
docker run -d --name talk-board --network talk-net -p 127.0.0.1:18191:8000 -e CLOCK=clock two-that-talk:1 python board.py
