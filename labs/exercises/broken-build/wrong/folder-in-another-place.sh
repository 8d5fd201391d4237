# fails: it_builds
# The folder is made, but not where the program's output goes.
sed 's/mkdir -p reports/mkdir -p \/reports/' solution/Dockerfile > Dockerfile
