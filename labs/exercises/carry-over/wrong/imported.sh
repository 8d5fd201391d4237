# fails: the_image_is_back
# Sounds right, but it makes an image of the archive's own files.
docker import release.tar carry-over:restored
