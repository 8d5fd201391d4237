docker network create talk-net
docker network connect talk-net talk-clock
docker network connect talk-net talk-board
