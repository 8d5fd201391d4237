# fails: it_shouts_your_words
# Words after the image name replace the whole CMD, the program included.
cat > Dockerfile <<'EOF'
FROM python:3.11-slim
COPY shout.py /
CMD ["python", "/shout.py", "say", "something"]
EOF
docker build -t shout:1 .
