cp solution/Dockerfile solution/compose.yaml .
echo "another-fake-password" > password.txt
docker compose build
docker compose up -d --wait
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Moby Dick" http://localhost:18193/
docker compose down
docker compose up -d --wait
