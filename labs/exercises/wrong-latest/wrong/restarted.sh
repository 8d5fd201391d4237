# fails: the_container_runs_the_good_one
# The tags are right, and a restart is thought to pick them up.
docker tag wrong-latest:2.1 wrong-latest:broken
docker tag wrong-latest:2.0 wrong-latest:latest
docker rmi wrong-latest:2.1
docker restart -t 1 wrong-latest
