# fails: it_speaks_your_settings
# sed -i writes a new file; the container still has the old one.
cp solution/settings.ini settings.ini
docker run -d --name polite-greeter -p 127.0.0.1:18143:8000 \
  -v "$PWD/settings.ini:/etc/greeter/settings.ini:ro" \
  --tmpfs /scratch read-only-settings:1
sed -i 's/morning/evening/' settings.ini
