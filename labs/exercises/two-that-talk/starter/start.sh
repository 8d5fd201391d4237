# Starts both programs, each by itself.
docker rm -f -v talk-clock talk-board > /dev/null 2>&1 || true
docker build -q -t two-that-talk:1 image
docker run -d --name talk-clock two-that-talk:1 python clock.py
docker run -d --name talk-board -p 127.0.0.1:18191:8000 two-that-talk:1 python board.py
