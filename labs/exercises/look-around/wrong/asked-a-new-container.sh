# fails: which_user
# `docker run` starts another container, where the image's own user is in charge.
bash -e solution/solution.sh
sed "s/^user:.*/user: $(docker run --rm python:3.11-slim id -un)/" answer.txt > answer.new
mv answer.new answer.txt
