# fails: the_bad_one_is_kept
# The name is there, but by now latest is the good one.
docker rm -f wrong-latest
docker tag wrong-latest:2.0 wrong-latest:latest
docker tag wrong-latest:latest wrong-latest:broken
docker rmi wrong-latest:2.1
docker run -d --name wrong-latest -p 127.0.0.1:18200:8000 wrong-latest:latest
