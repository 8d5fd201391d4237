# fails: it_has_a_limit
# A policy alone: it is never killed, so it never has to come back.
docker rm -f leaky-worker
docker run -d --name leaky-worker --restart unless-stopped stay-in-bounds:1
