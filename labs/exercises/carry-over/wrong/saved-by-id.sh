# fails: the_next_archive_has_its_name
bash -e solution/solution.sh
docker save -o named.tar "$(docker image inspect --format '{{.Id}}' carry-over:restored)"
