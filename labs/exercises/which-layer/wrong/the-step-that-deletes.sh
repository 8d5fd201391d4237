# fails: the_instruction
# In `docker history`, this is the only step that names the token.
bash -e solution/solution.sh
sed 's|^instruction:.*|instruction: RUN /bin/sh -c rm /srv/.token /srv/preview.raw # buildkit|' answer.txt > changed
mv changed answer.txt
