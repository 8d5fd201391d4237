# fails: the_old_one_is_kept
# The port is free, and the way back is gone.
docker rm -f port-taken-old
docker run -d --name port-taken-new -p 127.0.0.1:18122:8000 port-taken:2
