# fails: only_this_machine_can_reach_it
sed 's/YOUR NAME/Ada/' index.html > index.new
mv index.new index.html
docker run -d --name first-page -p 18100:8000 -v "$PWD":/page -w /page python:3.11-slim python -m http.server
