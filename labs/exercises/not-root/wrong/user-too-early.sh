# fails: it_can_still_write
# The user is there, but the folder is root's.
sed 's/ && chown counter .*//' solution/Dockerfile > Dockerfile
docker build -t visit-counter:1 .
