# fails: an_option_is_unknown
# Most commands end with 1 for a wrong option.
cat > answer.txt <<EOF
raises = 1
not_found = 127
not_executable = 126
unknown_option = 1
killed = 137
stopped = 0
EOF
