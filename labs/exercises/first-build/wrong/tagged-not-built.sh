# fails: the_image_begins_with_python
docker tag python:3.11-slim greeter:1
docker run -d --name greeter -p 127.0.0.1:18102:8000 -e GREETING="Good morning" -v "$PWD":/app -w /app \
  greeter:1 python greeter.py
