# fails: the_secret_is_in_no_layer
# The mount leaves nothing behind. What a step itself writes down stays.
sed 's|^RUN .*|RUN --mount=type=secret,id=shop_token cp /run/secrets/shop_token key \&\& python make_licence.py key|' \
  solution/Dockerfile > Dockerfile
docker build --secret id=shop_token,src=token.txt -t shop-licence:1 .
