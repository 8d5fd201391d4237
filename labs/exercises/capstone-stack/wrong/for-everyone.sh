# fails: only_this_machine_gets_in
echo "another-fake-password" > password.txt
cp solution/Dockerfile Dockerfile
sed 's#"127.0.0.1:18193:8000"#"18193:8000"#' solution/compose.yaml > compose.yaml
docker compose build
docker compose up -d --wait
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Moby Dick" http://localhost:18193/
docker compose down
docker compose up -d --wait
