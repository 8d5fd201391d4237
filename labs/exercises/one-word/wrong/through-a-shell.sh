# fails: words_arrive_as_typed
# The shell splits the words once more and replaces stars.
cat > Dockerfile <<'EOF'
FROM python:3.11-slim
COPY shout.py /
ENTRYPOINT ["sh", "-c", "python /shout.py $0 $@"]
CMD ["say", "something"]
EOF
docker build -t shout:1 .
