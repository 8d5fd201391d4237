# COPY names what it takes, and the RUN step borrows the token: it is there for this one step, and in no layer.
cp solution/Dockerfile Dockerfile
docker build --secret id=shop_token,src=token.txt -t shop-licence:1 .
docker run --rm shop-licence:1
