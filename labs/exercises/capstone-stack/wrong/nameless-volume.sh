# fails: the_books_outlive_their_container
# The named volume is mounted, but in the wrong place. As long as nobody says `down`, the books are there.
echo "another-fake-password" > password.txt
cp solution/Dockerfile Dockerfile
sed 's#books:/var/lib/postgresql/data#books:/var/lib/postgresql#' solution/compose.yaml > compose.yaml
docker compose build
docker compose up -d --wait
curl -sS --retry 30 --retry-delay 1 --retry-all-errors -d "Moby Dick" http://localhost:18193/
docker compose restart
