# fails: stops when asked
sed 's/^CMD \["uvicorn".*/CMD uvicorn main:app --host 0.0.0.0 --port 8000; true/' solution/Dockerfile > Dockerfile
