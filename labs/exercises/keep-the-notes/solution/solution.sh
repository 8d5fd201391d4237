docker build -t keep-the-notes:1 .
docker run -d --name note-keeper -p 127.0.0.1:18140:8000 -v kept-notes:/data keep-the-notes:1

# The retries are for the second that the app takes to start.
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Buy oat milk" http://localhost:18140/

docker rm -f note-keeper
docker run -d --name note-keeper -p 127.0.0.1:18140:8000 -v kept-notes:/data keep-the-notes:1
