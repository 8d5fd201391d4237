# fails: the_volume_is_mounted
sed 's#entries:/data#entries:/var/data#' solution/compose.yaml > compose.yaml
docker compose up -d --wait
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "I was here" http://localhost:18192/
docker compose down
docker compose up -d --wait
