python=$(docker run --rm python:3.11-slim python --version)
debian=$(docker run --rm python:3.11-slim sh -c '. /etc/os-release; echo $VERSION_CODENAME')
user=$(docker exec look-around id -un)
processes=$(docker top look-around | tail -n +2 | wc -l) # without the headline
cat > answer.txt <<END
python: $python
debian: $debian
user: $user
processes: $processes
END
