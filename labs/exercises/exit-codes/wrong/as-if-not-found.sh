# fails: a_program_is_not_executable
# Cannot be run, so it looks the same as not there.
cat > answer.txt <<EOF
raises = 1
not_found = 127
not_executable = 127
unknown_option = 125
killed = 137
stopped = 0
EOF
