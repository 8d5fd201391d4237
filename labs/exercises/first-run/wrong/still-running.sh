# fails: it_ended_well
docker run -d --name hello python:3.11-slim sh -c 'echo "Hello from a container"; sleep 600'
