# fails: its_files_are_read_only
# Two mounts, and everything around them can be written to as well.
docker rm -f locked-down
docker run -d --name locked-down -p 127.0.0.1:18195:8000 --user 1000 --tmpfs /tmp -v guest-book:/data \
  --cap-drop ALL --security-opt no-new-privileges locked-down:1
