# fails: requirements_get_a_line
# mkdir, app.py and date have nothing to do with the requirements.
sed '/^Edit 3/,$s/\([567] .*\)runs/\1cached/' solution/prediction.txt > prediction.txt
