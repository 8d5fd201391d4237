# fails: it_holds_no_greeting
sed 's/^COPY/ENV GREETING="Good morning"\nCOPY/' solution/Dockerfile > Dockerfile
docker build -t greeter:1 .
docker run -d --name greeter -p 127.0.0.1:18102:8000 greeter:1
