# fails: web_waits_for_the_database
# It gives up, and is started again, until the database happens to be there.
echo "another-fake-password" > password.txt
cp solution/Dockerfile Dockerfile
sed 's/condition: service_healthy/condition: service_started/; s/build: \./&\n    restart: always/' \
    solution/compose.yaml > compose.yaml
docker compose build
docker compose up -d
curl -sS --retry 90 --retry-delay 1 --retry-all-errors -d "Moby Dick" http://localhost:18193/
docker compose down
docker compose up -d
curl -sSf --retry 90 --retry-delay 1 --retry-all-errors http://localhost:18193/
