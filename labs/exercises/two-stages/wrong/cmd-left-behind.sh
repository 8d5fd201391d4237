# fails: it_prints_the_tides
# A CMD belongs to its own stage.
sed '/^CMD/d' solution/Dockerfile | sed 's|^RUN tidec.*|&\nCMD ["/out/tides"]|' > Dockerfile
docker build -t tide-table:1 .
