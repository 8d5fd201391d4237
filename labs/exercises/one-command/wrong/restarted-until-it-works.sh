# fails: web_waits_for_the_store
# It ends, and is started again, until the store happens to be there.
sed 's/condition: service_healthy/condition: service_started/; s/command: python web.py/&\n    restart: always/' \
    solution/compose.yaml > compose.yaml
docker compose up -d
curl -sS --retry 60 --retry-delay 1 --retry-all-errors -d "I was here" http://localhost:18192/
docker compose down
docker compose up -d
curl -sS --retry 60 --retry-delay 1 --retry-all-errors http://localhost:18192/
