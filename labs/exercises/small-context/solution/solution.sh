# A file whose name begins with a dot is easily overlooked, so it lies in solution/ without one.
cp solution/dockerignore .dockerignore
docker build -t bike-stations:1 .
docker run --rm bike-stations:1
