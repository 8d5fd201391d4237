cp solution/Dockerfile .
docker build -t word-count:1 .
