# fails: the_report_is_in_the_image
sed '/^RUN/d; s/^CMD.*/CMD ["python", "word_count.py", "letter.txt"]/' solution/Dockerfile > Dockerfile
docker build -t word-count:1 .
