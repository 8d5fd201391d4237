# ENTRYPOINT is what always runs. CMD is what it gets when nothing follows the image's name.
cp solution/Dockerfile Dockerfile
docker build -t shout:1 .
docker run --rm shout:1
docker run --rm shout:1 hello there
