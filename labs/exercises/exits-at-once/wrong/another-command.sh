# fails: it_is_the_same_image
# Something that stays up, with the right words, but not the program.
docker rm -f exits-at-once
docker run -d --name exits-at-once -p 127.0.0.1:18121:8000 exits-at-once:1 \
    sh -c 'mkdir /tmp/page && cd /tmp/page && echo "Open until six" > index.html && exec python -m http.server 8000'
