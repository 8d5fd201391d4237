# fails: the_settings_are_read_only
# The rights of a file do not stop root.
cp solution/settings.ini settings.ini
chmod 444 settings.ini
docker run -d --name polite-greeter -p 127.0.0.1:18143:8000 \
  -v "$PWD/settings.ini:/etc/greeter/settings.ini" \
  --tmpfs /scratch read-only-settings:1
