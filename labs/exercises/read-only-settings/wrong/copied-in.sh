# fails: the_settings_are_mounted
# A copy: the next edit of settings.ini does not reach it.
cp solution/settings.ini settings.ini
docker run -d --name polite-greeter -p 127.0.0.1:18143:8000 --tmpfs /scratch read-only-settings:1
docker cp settings.ini polite-greeter:/etc/greeter/settings.ini
