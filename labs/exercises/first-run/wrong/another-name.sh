# fails: the_container_is_there
# Docker makes up a name where none is given. `--rm` clears that container away at once.
docker run --rm python:3.11-slim echo "Hello from a container"
