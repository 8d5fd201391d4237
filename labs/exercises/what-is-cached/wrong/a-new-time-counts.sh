# fails: app_gets_a_new_time
# make looks at times, and so would COPY.
sed '/^Edit 2/,/^Edit 3/s/\([67] .*\)cached/\1runs/' solution/prediction.txt > prediction.txt
