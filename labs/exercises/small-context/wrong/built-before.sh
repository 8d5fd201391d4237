# fails: your_image_is_built_anew
# An image stays as it was built.
docker build -t bike-stations:1 .
cp solution/dockerignore .dockerignore
