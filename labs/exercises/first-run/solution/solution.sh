docker run --name hello python:3.11-slim echo "Hello from a container"
