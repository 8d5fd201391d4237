# fails: there_is_an_ignore_file
# Docker does not read .gitignore.
cp solution/dockerignore .gitignore
docker build -t bike-stations:1 .
