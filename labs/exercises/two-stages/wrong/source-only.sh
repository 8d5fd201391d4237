# fails: it_prints_the_tides
# Copied from the folder instead of the first stage, and without being compiled.
sed 's|^COPY --from.*|COPY tides.txt /out/tides|' solution/Dockerfile > Dockerfile
docker build -t tide-table:1 .
