# fails: it_is_stopped
# One line was never filled in.
cat > answer.txt <<EOF
raises = 1
not_found = 127
not_executable = 126
unknown_option = 125
killed = 137
stopped = ?
EOF
