# fails: it_speaks_your_settings
# There is no setting.ini, so Docker makes an empty folder of that name.
cp solution/settings.ini settings.ini
docker run -d --name polite-greeter -p 127.0.0.1:18143:8000 \
  -v "$PWD/setting.ini:/etc/greeter/settings.ini:ro" \
  --tmpfs /scratch read-only-settings:1
