# fails: only_the_dockerfile_has_changed
mv word_count.py word-count.py
sed 's/word_count.py/word-count.py/g' solution/Dockerfile > Dockerfile
docker build -t word-count:1 .
