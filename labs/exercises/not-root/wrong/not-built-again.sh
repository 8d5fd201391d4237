# fails: your_image_is_built_anew
docker build -t visit-counter:1 .
cp solution/Dockerfile Dockerfile
