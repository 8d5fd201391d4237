docker rm -f locked-down
docker run -d --name locked-down -p 127.0.0.1:18195:8000 --user 1000 \
  --read-only --tmpfs /tmp -v guest-book:/data \
  --cap-drop ALL --security-opt no-new-privileges locked-down:1
