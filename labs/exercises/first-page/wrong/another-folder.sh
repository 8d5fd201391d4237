# fails: your_page_is_served
# The folder is there, as /page, but the server starts in / and shows a list of folders.
sed 's/YOUR NAME/Ada/' index.html > index.new
mv index.new index.html
docker run -d --name first-page -p 127.0.0.1:18100:8000 -v "$PWD":/page python:3.11-slim python -m http.server
