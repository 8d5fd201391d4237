# fails: no_password_in_the_image
# A new password, in a file of its own, and the old one still in the Dockerfile.
echo "another-fake-password" > password.txt
sed 's/^ENV .*/&\nENV PGPASSWORD=fake-password-for-practice-only/' solution/Dockerfile > Dockerfile
cp solution/compose.yaml compose.yaml
docker compose build
docker compose up -d --wait
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Moby Dick" http://localhost:18193/
docker compose down
docker compose up -d --wait
