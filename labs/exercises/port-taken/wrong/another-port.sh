# fails: the_new_one_has_the_port
# Online, where nobody looks for it.
docker run -d --name port-taken-new -p 127.0.0.1:18123:8000 port-taken:2
