# fails: it_answers
cp solution/Dockerfile .
docker build -t greeter:1 .
docker run -d --name greeter -p 18102:8000 -e GREETING="Good morning" greeter:1
