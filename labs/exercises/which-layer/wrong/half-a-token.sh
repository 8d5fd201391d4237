# fails: the_token
bash -e solution/solution.sh
sed 's|^token:.*|token: fake-token-for-practice-only|' answer.txt > changed
mv changed answer.txt
