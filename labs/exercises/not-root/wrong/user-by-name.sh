# fails: the_user_is_a_number
sed 's/^USER 1000/USER counter/' solution/Dockerfile > Dockerfile
docker build -t visit-counter:1 .
