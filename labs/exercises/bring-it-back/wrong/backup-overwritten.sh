# fails: every_book_is_back
# -c instead of -x: the empty volume is now the backup.
docker run --rm -v club-library-data:/data -v "$PWD:/backup" python:3.11-slim tar -cf /backup/backup.tar -C / data
