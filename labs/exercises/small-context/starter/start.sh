# Makes what piles up in a project: about 30 MB of raw data, logs, reports and notes.
mkdir -p data/raw reports .history tools/import
for year in 2022 2023 2024; do
  head -c 7000000 /dev/urandom > "data/raw/counts-$year.bin"
done
head -c 4000000 /dev/urandom > reports/all-stations.pdf
head -c 3000000 /dev/urandom > .history/objects.pack
head -c 1500000 /dev/urandom > app.log
head -c 1500000 /dev/urandom > tools/import/import.log
echo "UPLOAD_TOKEN=fake-token-for-practice-only" > .env
echo "Who has the key to the cellar? Ask Ann on Monday." > notes.txt
du -sh .
