# Starts the container to look into. Run it again for a new one.
docker rm -f look-around >/dev/null 2>&1 || true
docker run -d --name look-around --user nobody python:3.11-slim \
  sh -c 'sleep infinity & sleep infinity & sleep infinity & sleep infinity & wait'
