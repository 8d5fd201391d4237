# fails: it_comes_back
# Twice, and then it stays down.
docker rm -f leaky-worker
docker run -d --name leaky-worker --memory 64m --memory-swap 64m --restart on-failure:2 stay-in-bounds:1
