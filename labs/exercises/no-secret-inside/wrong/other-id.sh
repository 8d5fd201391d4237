# fails: the_build_uses_the_secret
# The id after --secret and the id in the Dockerfile have to be the same.
sed 's/shop_token/token/g' solution/Dockerfile > Dockerfile
docker build --secret id=token,src=token.txt -t shop-licence:1 .
