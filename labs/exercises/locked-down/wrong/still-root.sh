# fails: it_is_user_1000
# A root without capabilities is still the owner of all of root's files.
docker rm -f locked-down
docker run -d --name locked-down -p 127.0.0.1:18195:8000 --read-only --tmpfs /tmp -v guest-book:/data \
  --cap-drop ALL --security-opt no-new-privileges locked-down:1
