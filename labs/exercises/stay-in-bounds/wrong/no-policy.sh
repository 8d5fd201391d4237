# fails: it_comes_back
# Killed once, and gone.
docker rm -f leaky-worker
docker run -d --name leaky-worker --memory 64m --memory-swap 64m stay-in-bounds:1
docker wait leaky-worker
