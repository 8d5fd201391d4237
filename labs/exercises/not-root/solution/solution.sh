# A user with a fixed number, a data folder of its own, and a question that Docker asks every few seconds.
cp solution/Dockerfile Dockerfile
docker build -t visit-counter:1 .
docker rm -f visit-counter
docker run -d --name visit-counter -p 127.0.0.1:18180:8000 visit-counter:1
docker exec visit-counter id -u
