# fails: it_shouts_your_words
# What stands in ENTRYPOINT is always there.
cat > Dockerfile <<'EOF'
FROM python:3.11-slim
COPY shout.py /
ENTRYPOINT ["python", "/shout.py", "say", "something"]
EOF
docker build -t shout:1 .
