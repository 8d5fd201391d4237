# fails: the_program_has_its_data
# The last line that fits decides, and that is the one for the whole folder.
printf '!data/stations.csv\ndata\n' > .dockerignore
sed '/data/d' solution/dockerignore >> .dockerignore
docker build -t bike-stations:1 .
