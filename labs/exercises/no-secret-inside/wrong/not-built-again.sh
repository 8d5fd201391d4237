# fails: your_image_is_clean
# The Dockerfile is right, the image is still the old one.
docker build -t shop-licence:1 .
cp solution/Dockerfile Dockerfile
