# fails: token_txt_stays_out
# The step borrows the token now, but COPY . . brings the file all the same.
sed 's/^COPY .*/COPY . ./' solution/Dockerfile > Dockerfile
docker build --secret id=shop_token,src=token.txt -t shop-licence:1 .
