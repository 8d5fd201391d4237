# Builds the program. Running it is up to you.
set -e
docker rm -f polite-greeter >/dev/null 2>&1 || true
docker build -q -t read-only-settings:1 greeter
echo "The image read-only-settings:1 is ready."
