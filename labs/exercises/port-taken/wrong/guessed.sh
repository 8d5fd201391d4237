# fails: the_exit_code_is_noted
# It was stopped on purpose, so surely all is well?
docker stop -t 1 port-taken-old
docker run -d --name port-taken-new -p 127.0.0.1:18122:8000 port-taken:2
echo "exit code = 0" > answer.txt
