# fails: the_program_is_in_it
bash -e solution/solution.sh
echo '# One more line, and no new build.' >> greeter.py
