# fails: the_scratch_is_in_memory
# Without a mount, /scratch is in the container's own layer.
cp solution/settings.ini settings.ini
docker run -d --name polite-greeter -p 127.0.0.1:18143:8000 \
  -v "$PWD/settings.ini:/etc/greeter/settings.ini:ro" \
  read-only-settings:1
