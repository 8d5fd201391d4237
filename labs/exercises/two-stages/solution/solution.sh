# The first stage has the compiler. The second one begins again and takes over a single file.
cp solution/Dockerfile Dockerfile
docker build -t tide-table:1 .
docker run --rm tide-table:1
