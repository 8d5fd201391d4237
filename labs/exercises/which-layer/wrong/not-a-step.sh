# fails: the_instruction
# That it was a COPY is true of three steps.
bash -e solution/solution.sh
sed 's|^instruction:.*|instruction: COPY|' answer.txt > changed
mv changed answer.txt
