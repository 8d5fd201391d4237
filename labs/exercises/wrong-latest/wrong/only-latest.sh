# fails: the_number_is_withdrawn
docker tag wrong-latest:2.1 wrong-latest:broken
docker tag wrong-latest:2.0 wrong-latest:latest
docker rm -f wrong-latest
docker run -d --name wrong-latest -p 127.0.0.1:18200:8000 wrong-latest:latest
