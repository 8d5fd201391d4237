# fails: no_toolchain_inside
docker build -t tide-table:1 .
