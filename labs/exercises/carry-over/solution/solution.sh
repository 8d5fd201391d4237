# The last line of `docker load` ends with the image's ID.
image=$(docker load -i release.tar | grep -o 'sha256:[0-9a-f]*')
docker tag "$image" carry-over:restored

docker run --rm carry-over:restored
echo "version: $(docker run --rm carry-over:restored | grep -o '3[.][0-9]*')" > answer.txt

# Saved by its name, so the name is in the archive.
docker save -o named.tar carry-over:restored
