# fails: a_new_table_works_too
# The program was compiled once, and is copied as it is. Who changes tides.txt waits in vain.
docker build -t tide-table:1 .
docker run --rm tide-table:1 cat /out/tides > tides
chmod +x tides
printf 'FROM python:3.11-slim\nCOPY tides /out/tides\nCMD ["/out/tides"]\n' > Dockerfile
docker build -t tide-table:1 .
