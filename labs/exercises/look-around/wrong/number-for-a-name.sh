# fails: which_debian
bash -e solution/solution.sh
sed "s/^debian:.*/debian: $(docker run --rm python:3.11-slim cat /etc/debian_version)/" answer.txt > answer.new
mv answer.new answer.txt
