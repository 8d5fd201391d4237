# fails: the_build_sends_little
# Without **/ the pattern holds in the top folder only; in .gitignore it would hold everywhere.
sed 's|^\*\*/\*\.log|*.log|' solution/dockerignore > .dockerignore
docker build -t bike-stations:1 .
