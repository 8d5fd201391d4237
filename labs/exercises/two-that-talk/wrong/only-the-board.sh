# fails: they_share_a_network
docker network create talk-net
docker network connect talk-net talk-board
