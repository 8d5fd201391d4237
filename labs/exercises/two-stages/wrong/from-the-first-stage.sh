# fails: no_toolchain_inside
# A stage that begins FROM the first one has all that is in it.
sed '7,$s/^FROM .*/FROM build/' solution/Dockerfile > Dockerfile
docker build -t tide-table:1 .
