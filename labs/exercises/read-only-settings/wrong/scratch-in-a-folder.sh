# fails: the_scratch_is_in_memory
# Scratch files that land on the disk of this machine.
cp solution/settings.ini settings.ini
docker run -d --name polite-greeter -p 127.0.0.1:18143:8000 \
  -v "$PWD/settings.ini:/etc/greeter/settings.ini:ro" \
  -v "$PWD/scratch:/scratch" read-only-settings:1
