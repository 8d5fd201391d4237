# fails: a_program_is_not_found
# The code of ls for a file that is not there.
cat > answer.txt <<EOF
raises = 1
not_found = 2
not_executable = 126
unknown_option = 125
killed = 137
stopped = 0
EOF
