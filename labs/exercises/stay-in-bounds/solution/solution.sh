# A limit for the worker, without swap, and a policy that brings it back. A container keeps what it was made with, so
# it has to be a new one.
docker rm -f leaky-worker
docker run -d --name leaky-worker --memory 64m --memory-swap 64m --restart unless-stopped stay-in-bounds:1
