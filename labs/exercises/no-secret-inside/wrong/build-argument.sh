# fails: the_build_uses_the_secret
# A build argument stays in the image's history.
cat > Dockerfile <<'END'
FROM python:3.11-slim
WORKDIR /app
COPY make_licence.py .
ARG SHOP_TOKEN=none
RUN echo "$SHOP_TOKEN" > /tmp/token && python make_licence.py /tmp/token && rm /tmp/token
CMD ["cat", "/app/licence.txt"]
END
docker build --build-arg SHOP_TOKEN="$(cat token.txt)" -t shop-licence:1 .
