# fails: the_version_is_noted
bash -e solution/solution.sh
echo "version: 3.11" > answer.txt
