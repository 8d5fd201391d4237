# fails: no_toolchain_inside
# Deleted in a later step, it is still in the layer below.
sed 's|^CMD|RUN rm -rf /opt/toolchain /usr/local/bin/tidec /build /out/*.debug\nCMD|' Dockerfile > Dockerfile.new
mv Dockerfile.new Dockerfile
docker build -t tide-table:1 .
