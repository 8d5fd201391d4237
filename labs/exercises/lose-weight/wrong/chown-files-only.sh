# fails: it_shows_the_map
# The files are the user's, their folder is not.
sed 's/chown -R walker tiles/chown walker tiles\/*/' solution/Dockerfile > Dockerfile
