# fails: how_many_processes
# The shell and the `ls` that look are processes too.
bash -e solution/solution.sh
number=$(docker exec look-around sh -c 'ls -d /proc/[0-9]*; true' | wc -l)
sed "s/^processes:.*/processes: $number/" answer.txt > answer.new
mv answer.new answer.txt
