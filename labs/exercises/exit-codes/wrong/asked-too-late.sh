# fails: a_program_raises
# Read with another command in between, such as ls.
cat > answer.txt <<EOF
raises = 0
not_found = 127
not_executable = 126
unknown_option = 125
killed = 137
stopped = 0
EOF
