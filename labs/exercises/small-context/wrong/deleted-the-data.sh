# fails: nothing_was_deleted
# It makes the context small, but who wanted to lose the data?
cp solution/dockerignore .dockerignore
rm -r data/raw reports
docker build -t bike-stations:1 .
