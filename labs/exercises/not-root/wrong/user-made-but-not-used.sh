# fails: it_runs_as_1000
# useradd makes a user. The program still runs as root.
sed '/^USER/d' solution/Dockerfile > Dockerfile
docker build -t visit-counter:1 .
