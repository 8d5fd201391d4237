# fails: it_stops_when_asked
sed 's/^CMD.*/CMD python greeter.py/' solution/Dockerfile > Dockerfile
docker build -t greeter:1 .
docker run -d --name greeter -p 127.0.0.1:18102:8000 -e GREETING="Good morning" greeter:1
