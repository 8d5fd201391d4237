# The exit code of a command.
code() {
    if "$@" > /dev/null 2>&1; then echo 0; else echo $?; fi
}

{
    echo "raises = $(code docker run --rm python:3.11-slim python -c "raise ValueError")"
    echo "not_found = $(code docker run --rm python:3.11-slim pyton)"
    echo "not_executable = $(code docker run --rm python:3.11-slim /etc/passwd)"
    echo "unknown_option = $(code docker run --rm --nmae web python:3.11-slim true)"
} > answer.txt

docker run -d --name exit-codes-killed python:3.11-slim sleep 600
docker kill exit-codes-killed

docker run -d --name exit-codes-stopped python:3.11-slim sh -c "trap 'exit 0' TERM; echo ready; sleep 600 & wait"
until docker logs exit-codes-stopped | grep -q ready; do sleep 0.2; done
docker stop exit-codes-stopped

docker ps -a --filter name=exit-codes-
echo "killed = $(docker inspect --format '{{.State.ExitCode}}' exit-codes-killed)" >> answer.txt
echo "stopped = $(docker inspect --format '{{.State.ExitCode}}' exit-codes-stopped)" >> answer.txt
