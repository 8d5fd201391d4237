# fails: token_txt_stays_out
# Deleted in a later step, it is still in the layer of COPY.
sed -e 's/^COPY .*/COPY . ./' -e 's/^CMD/RUN rm token.txt\nCMD/' solution/Dockerfile > Dockerfile
docker build --secret id=shop_token,src=token.txt -t shop-licence:1 .
