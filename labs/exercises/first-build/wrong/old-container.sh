# fails: the_container_runs_it
# A new image under the same name; the container still runs the old one.
bash -e solution/solution.sh
echo '# One more line.' >> greeter.py
docker build -t greeter:1 .
