# First the new names, then the old one can go.
docker tag wrong-latest:2.1 wrong-latest:broken
docker tag wrong-latest:2.0 wrong-latest:latest
docker rmi wrong-latest:2.1
docker image ls wrong-latest

# The container still runs what it was made from, so it takes a new one.
docker rm -f wrong-latest
docker run -d --name wrong-latest -p 127.0.0.1:18200:8000 wrong-latest:latest
