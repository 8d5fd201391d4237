# fails: the_new_one_runs
# Docker makes the container, finds the port taken, and does not start it.
docker run -d --name port-taken-new -p 127.0.0.1:18122:8000 port-taken:2 || true
