# fails: how_many_processes
bash -e solution/solution.sh
sed "s/^processes:.*/processes: $(docker top look-around | wc -l)/" answer.txt > answer.new
mv answer.new answer.txt
