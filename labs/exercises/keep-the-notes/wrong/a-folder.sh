# fails: the_volume_is_mounted
# A path makes it a bind mount: the note outlives the container too, but in a folder of this machine.
mkdir -p kept-notes
docker build -t keep-the-notes:1 .
docker run -d --name note-keeper -p 127.0.0.1:18140:8000 -v "$PWD/kept-notes:/data" keep-the-notes:1
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Buy oat milk" http://localhost:18140/
docker rm -f note-keeper
docker run -d --name note-keeper -p 127.0.0.1:18140:8000 -v "$PWD/kept-notes:/data" keep-the-notes:1
