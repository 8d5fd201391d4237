cp solution/Dockerfile Dockerfile
docker build -t lose-weight:new .
docker history lose-weight:new
docker run --rm lose-weight:new
