# fails: the_shop_is_open
bash -e solution/solution.sh
docker rm -f wrong-latest
docker run -d --name wrong-latest -p 18200:8000 wrong-latest:latest
