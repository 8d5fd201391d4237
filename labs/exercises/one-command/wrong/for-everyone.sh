# fails: it_is_published
sed 's#"127.0.0.1:18192:8000"#"18192:8000"#' solution/compose.yaml > compose.yaml
docker compose up -d --wait
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "I was here" http://localhost:18192/
docker compose down
docker compose up -d --wait
