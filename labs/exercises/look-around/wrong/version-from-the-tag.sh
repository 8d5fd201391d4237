# fails: which_python
bash -e solution/solution.sh
sed 's/^python:.*/python: 3.11/' answer.txt > answer.new
mv answer.new answer.txt
