# fails: the_build_sends_little
# A comment needs a line of its own. Here it is a part of the name.
sed 's|^reports$|reports  # large|' solution/dockerignore > .dockerignore
docker build -t bike-stations:1 .
