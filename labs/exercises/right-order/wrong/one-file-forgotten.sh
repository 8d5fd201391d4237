# fails: the_new_code_is_in_the_image
sed 's/^COPY \. \./COPY app.py ./' solution/Dockerfile > Dockerfile
