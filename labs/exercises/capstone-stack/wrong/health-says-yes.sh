# fails: health_tells_the_truth
# A check that always passes. There is nobody whom it asks.
echo "another-fake-password" > password.txt
cp solution/Dockerfile Dockerfile
sed 's#test: \["CMD", "env".*#test: ["CMD", "python", "-c", "print(1)"]#' solution/compose.yaml > compose.yaml
docker compose build
docker compose up -d --wait
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Moby Dick" http://localhost:18193/
docker compose down
docker compose up -d --wait
