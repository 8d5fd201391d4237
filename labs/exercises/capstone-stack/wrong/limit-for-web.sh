# fails: the_digest_has_a_limit
# The limit is there, for the wrong service.
echo "another-fake-password" > password.txt
cp solution/Dockerfile Dockerfile
sed '/mem_limit\|memswap_limit/d; s/build: \./&\n    mem_limit: 64m/' solution/compose.yaml > compose.yaml
docker compose build
docker compose up -d --wait
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Moby Dick" http://localhost:18193/
docker compose down
docker compose up -d --wait
