# fails: it_turns_unhealthy
# A check that asks nobody always says that all is well.
sed 's|^ *CMD .*urlopen.*|    CMD ["python", "-c", "print(1)"]|' solution/Dockerfile > Dockerfile
docker build -t visit-counter:1 .
