# fails: it_has_words_of_its_own
# ENTRYPOINT alone: the CMD of the base image does not come with it.
cat > Dockerfile <<'EOF'
FROM python:3.11-slim
COPY shout.py /
ENTRYPOINT ["python", "/shout.py"]
EOF
docker build -t shout:1 .
