# fails: the_new_one_has_the_port
# The same number on both sides, but the server listens on 8000.
docker stop -t 1 port-taken-old
docker run -d --name port-taken-new -p 127.0.0.1:18122:18122 port-taken:2
