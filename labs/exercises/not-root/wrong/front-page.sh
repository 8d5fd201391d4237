# fails: it_turns_unhealthy
# The front page answers, however sick the program is.
sed 's|8000/health|8000/|' solution/Dockerfile > Dockerfile
docker build -t visit-counter:1 .
