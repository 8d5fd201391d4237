# fails: it_has_a_limit
# The leak fits in, so nothing happens.
docker rm -f leaky-worker
docker run -d --name leaky-worker --memory 1g --memory-swap 1g --restart unless-stopped stay-in-bounds:1
