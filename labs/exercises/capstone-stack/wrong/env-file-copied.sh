# fails: no_password_in_the_image
# Out of compose.yaml, into .env, and with COPY . . into the image.
echo "PASSWORD=another-fake-password" > .env
sed 's/COPY web.py digest.py/COPY ./' solution/Dockerfile > Dockerfile
sed 's#PGPASSWORD_FILE: .*#PGPASSWORD: ${PASSWORD}#; s#POSTGRES_PASSWORD_FILE: .*#POSTGRES_PASSWORD: ${PASSWORD}#' \
    solution/compose.yaml | sed '/secrets:$/,/password$/d; /^secrets:/,$d' > compose.yaml
rm -rf solution
docker compose build
docker compose up -d --wait
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Moby Dick" http://localhost:18193/
docker compose down
docker compose up -d --wait
