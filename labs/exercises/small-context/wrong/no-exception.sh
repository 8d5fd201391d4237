# fails: the_program_has_its_data
sed '/^!/d' solution/dockerignore > .dockerignore
docker build -t bike-stations:1 .
