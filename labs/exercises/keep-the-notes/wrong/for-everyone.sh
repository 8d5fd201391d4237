# fails: it_is_published
# Without an address in front, the whole network can read the notes.
docker build -t keep-the-notes:1 .
docker run -d --name note-keeper -p 18140:8000 -v kept-notes:/data keep-the-notes:1
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Buy oat milk" http://localhost:18140/
docker rm -f note-keeper
docker run -d --name note-keeper -p 18140:8000 -v kept-notes:/data keep-the-notes:1
