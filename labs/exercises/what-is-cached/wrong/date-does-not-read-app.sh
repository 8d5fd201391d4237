# fails: app_gets_a_line
sed '/^Edit 1/,/^Edit 2/s/\(7 .*\)runs/\1cached/' solution/prediction.txt > prediction.txt
