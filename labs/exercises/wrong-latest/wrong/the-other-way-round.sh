# fails: latest_is_the_good_one
# Source and target mixed up: now 2.0 is the bad one, too.
docker tag wrong-latest:latest wrong-latest:2.0
docker tag wrong-latest:2.1 wrong-latest:broken
docker rmi wrong-latest:2.1
