# fails: the_cost
bash -e solution/solution.sh
size=$(docker image inspect --format '{{.Size}}' which-layer:1)
sed "s|^bytes:.*|bytes: $size|" answer.txt > changed
mv changed answer.txt
