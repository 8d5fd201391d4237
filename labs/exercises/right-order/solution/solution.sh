cp solution/Dockerfile Dockerfile
docker build -t right-order:new .
docker run --rm right-order:new
