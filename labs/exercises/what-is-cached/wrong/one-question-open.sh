# fails: requirements_get_a_line
sed '$s/runs/?/' solution/prediction.txt > prediction.txt
