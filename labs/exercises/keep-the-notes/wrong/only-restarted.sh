# fails: the_note_outlived_a_container
# A restart keeps the container, and its own layer with it.
docker build -t keep-the-notes:1 .
docker run -d --name note-keeper -p 127.0.0.1:18140:8000 -v kept-notes:/data keep-the-notes:1
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Buy oat milk" http://localhost:18140/
docker restart note-keeper
