# fails: it_shows_the_map
# Light enough, but the tiles are root's, and the program may not write beside them.
sed -e '/chown/d' -e 's/rm survey.raw && \\/rm survey.raw/' solution/Dockerfile > Dockerfile
