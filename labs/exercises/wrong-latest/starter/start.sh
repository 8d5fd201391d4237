# Builds two releases of a page and puts the newer one online. Run again, it sets the scene anew.
docker rm -f wrong-latest > /dev/null 2>&1 || true
docker build -q -t wrong-latest:2.0 --build-arg VERSION=2.0 .
docker build -q -t wrong-latest:2.1 --build-arg VERSION=2.1 .
docker tag wrong-latest:2.1 wrong-latest:latest
docker rmi wrong-latest:broken > /dev/null 2>&1 || true
docker run -d --name wrong-latest -p 127.0.0.1:18200:8000 wrong-latest
