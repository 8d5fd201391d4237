# fails: it_is_killed
# The number of the signal alone.
cat > answer.txt <<EOF
raises = 1
not_found = 127
not_executable = 126
unknown_option = 125
killed = 9
stopped = 0
EOF
