# Builds which-layer:1 with a new token. What it is built from is gone afterwards, as on somebody else's machine.
docker image rm -f which-layer:1 >/dev/null 2>&1 || true
scene=$(mktemp -d "$PWD/scene.XXXXXX")
trap 'rm -rf "$scene"' EXIT

mkdir "$scene/pages" "$scene/settings" "$scene/scripts"
echo '<h1>Open from 9 to 5</h1>' > "$scene/pages/index.html"
echo 'language = "en"' > "$scene/settings/shop.toml"
cat > "$scene/scripts/render.py" <<'END'
import os
import random

with open("/srv/preview.raw", "wb") as preview:
    preview.write(os.urandom(random.randrange(5_000_000, 9_000_000)))
END

# The token lies in one of the three folders, by chance.
folders=(pages settings scripts)
number=$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
echo "fake-token-for-practice-only-$number" > "$scene/${folders[RANDOM % 3]}/.token"

cat > "$scene/Dockerfile" <<'END'
FROM python:3.11-slim
COPY pages /srv/
COPY settings /srv/
COPY scripts /srv/
RUN python /srv/render.py
RUN rm /srv/.token /srv/preview.raw
CMD ["python", "-m", "http.server", "--directory", "/srv"]
END
docker build -q -t which-layer:1 "$scene" >/dev/null
echo "which-layer:1 is there. Which layer has the token?"
