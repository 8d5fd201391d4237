# fails: it_is_the_new_version
# A new name for the old version.
docker stop -t 1 port-taken-old
docker run -d --name port-taken-new -p 127.0.0.1:18122:8000 port-taken:1
docker inspect --format '{{.State.ExitCode}}' port-taken-old > answer.txt
