# Builds two versions of a page, and puts the first online. Run again, it sets the scene anew.
docker rm -f port-taken-old port-taken-new > /dev/null 2>&1 || true
docker build -q -t port-taken:1 --build-arg VERSION=1 .
docker build -q -t port-taken:2 --build-arg VERSION=2 .
docker run -d --name port-taken-old -p 127.0.0.1:18122:8000 port-taken:1
