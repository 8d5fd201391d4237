# fails: the_cost
# In a container the file is gone.
bash -e solution/solution.sh
size=$(docker run --rm which-layer:1 sh -c 'cat /srv/preview.raw 2>/dev/null | wc -c')
sed "s|^bytes:.*|bytes: $size|" answer.txt > changed
mv changed answer.txt
