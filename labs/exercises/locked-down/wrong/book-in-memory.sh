# fails: the_book_is_in_a_volume
# It works, until the container stops.
docker rm -f locked-down
docker run -d --name locked-down -p 127.0.0.1:18195:8000 --user 1000 --read-only --tmpfs /tmp --tmpfs /data:uid=1000 \
  --cap-drop ALL --security-opt no-new-privileges locked-down:1
