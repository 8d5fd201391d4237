# fails: it_has_words_of_its_own
# A plain line becomes /bin/sh -c "say something", as three words for the program.
cat > Dockerfile <<'EOF'
FROM python:3.11-slim
COPY shout.py /
ENTRYPOINT ["python", "/shout.py"]
CMD say something
EOF
docker build -t shout:1 .
