# fails: the_container_runs
# Without a command the container starts Python's prompt, finds nobody who types, and ends.
docker run -d --name first-page -p 127.0.0.1:18100:8000 -v "$PWD":/page -w /page python:3.11-slim
docker wait first-page
