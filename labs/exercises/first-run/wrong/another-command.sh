# fails: it_says_hello
docker run --name hello python:3.11-slim echo hi
