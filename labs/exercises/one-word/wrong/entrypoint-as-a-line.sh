# fails: it_shouts_your_words
# A plain line starts a shell, and the words go to the shell.
cat > Dockerfile <<'EOF'
FROM python:3.11-slim
COPY shout.py /
ENTRYPOINT python /shout.py
CMD ["say", "something"]
EOF
docker build -t shout:1 .
