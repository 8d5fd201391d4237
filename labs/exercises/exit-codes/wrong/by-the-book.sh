# fails: it_is_stopped
# 128 plus 15 would be right for a program that has nothing to say about TERM.
cat > answer.txt <<EOF
raises = 1
not_found = 127
not_executable = 126
unknown_option = 125
killed = 137
stopped = 143
EOF
