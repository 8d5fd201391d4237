# fails: it_builds
sed 's/WORKDRI/WORKDIR/; s/word-count.py/word_count.py/' Dockerfile > Dockerfile.new
mv Dockerfile.new Dockerfile
