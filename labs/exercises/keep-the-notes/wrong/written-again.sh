# fails: the_note_outlived_a_container
# The volume was removed too, and the note written once more.
docker build -t keep-the-notes:1 .
docker run -d --name note-keeper -p 127.0.0.1:18140:8000 -v kept-notes:/data keep-the-notes:1
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Buy oat milk" http://localhost:18140/
docker rm -f note-keeper
docker volume rm kept-notes
docker run -d --name note-keeper -p 127.0.0.1:18140:8000 -v kept-notes:/data keep-the-notes:1
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Buy oat milk" http://localhost:18140/
