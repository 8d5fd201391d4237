# fails: the_settings_are_read_only
# Mounted, but what breaks into the program can rewrite them.
cp solution/settings.ini settings.ini
docker run -d --name polite-greeter -p 127.0.0.1:18143:8000 \
  -v "$PWD/settings.ini:/etc/greeter/settings.ini" \
  --tmpfs /scratch read-only-settings:1
