# fails: it_turns_healthy
# There is no curl in this image, so the health check always fails.
sed -e '/^HEALTHCHECK/d' -e 's|^ *CMD .*urlopen.*|HEALTHCHECK CMD curl -f http://localhost:8000/health|' \
  solution/Dockerfile > Dockerfile
docker build -t visit-counter:1 .
