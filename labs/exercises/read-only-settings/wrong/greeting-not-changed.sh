# fails: it_speaks_your_settings
# All is mounted well, but nobody has touched the settings.
docker run -d --name polite-greeter -p 127.0.0.1:18143:8000 \
  -v "$PWD/settings.ini:/etc/greeter/settings.ini:ro" \
  --tmpfs /scratch read-only-settings:1
