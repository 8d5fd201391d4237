# fails: nothing_private_goes_along
# Small files count too.
sed '/\.env/d' solution/dockerignore > .dockerignore
docker build -t bike-stations:1 .
