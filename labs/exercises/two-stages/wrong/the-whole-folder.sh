# fails: it_is_small
# A large file that nobody needs comes along.
sed 's|^COPY --from.*|COPY --from=build /out /out|' solution/Dockerfile > Dockerfile
docker build -t tide-table:1 .
