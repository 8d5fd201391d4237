# The port is free as soon as the old container has stopped. Its server does not react when Docker asks it to end,
# so Docker waits (ten seconds, with -t 1 only one) and then kills it.
docker ps
docker stop -t 1 port-taken-old
docker run -d --name port-taken-new -p 127.0.0.1:18122:8000 port-taken:2

# The old one is still there, and so is its exit code.
docker ps -a --filter name=port-taken-
docker inspect --format '{{.State.ExitCode}}' port-taken-old > answer.txt
