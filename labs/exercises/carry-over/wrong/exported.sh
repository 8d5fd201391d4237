# fails: the_next_archive_has_its_name
# The files of a container, without the image's layers and settings.
bash -e solution/solution.sh
docker create --name carry-over-export carry-over:restored
docker export -o named.tar carry-over-export
docker rm carry-over-export
