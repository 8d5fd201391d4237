# fails: the_neighbour_runs_on
# There is more room without it.
docker rm -f leaky-worker quiet-neighbour
docker run -d --name leaky-worker --memory 64m --memory-swap 64m --restart always stay-in-bounds:1
