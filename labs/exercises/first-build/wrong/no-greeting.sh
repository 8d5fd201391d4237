# fails: it_says_good_morning
cp solution/Dockerfile .
docker build -t greeter:1 .
docker run -d --name greeter -p 127.0.0.1:18102:8000 greeter:1
