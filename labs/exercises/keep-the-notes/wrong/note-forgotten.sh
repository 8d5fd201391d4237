# fails: the_note_is_shown
docker build -t keep-the-notes:1 .
docker run -d --name note-keeper -p 127.0.0.1:18140:8000 -v kept-notes:/data keep-the-notes:1
docker rm -f note-keeper
docker run -d --name note-keeper -p 127.0.0.1:18140:8000 -v kept-notes:/data keep-the-notes:1
