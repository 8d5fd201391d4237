docker history --no-trunc which-layer:1

# An image is an archive of layers, and each layer an archive of files.
rm -rf image
mkdir image
docker save which-layer:1 | tar -x -C image

# The layers, the newest first, as docker history has its steps. A deletion is a file .wh.NAME, which is not looked for.
sed 's/.*"Layers":\[\([^]]*\)\].*/\1/' image/manifest.json | tr -d '"' | tr ',' '\n' | sed '1!G;h;$!d' > image/newest-first
number=0
while read -r layer; do
    number=$((number + 1))
    files=$(tar -tf "image/$layer")
    case "$files" in *srv/.token*) written=$number; token=$(tar -xOf "image/$layer" srv/.token) ;; esac
    case "$files" in *srv/preview.raw*) bytes=$(tar -xOf "image/$layer" srv/preview.raw | wc -c) ;; esac
done < image/newest-first

# In this image, COPY and RUN have a layer each; CMD has none.
docker history --no-trunc --format '{{.CreatedBy}}' which-layer:1 | grep -E '^(COPY|RUN)' > image/steps
instruction=$(sed -n "${written}p" image/steps)

printf 'instruction: %s\ntoken: %s\nbytes: %s\n' "$instruction" "$token" "$bytes" > answer.txt
cat answer.txt
