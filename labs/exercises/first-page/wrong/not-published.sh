# fails: the_port_is_published
sed 's/YOUR NAME/Ada/' index.html > index.new
mv index.new index.html
docker run -d --name first-page -v "$PWD":/page -w /page python:3.11-slim python -m http.server
