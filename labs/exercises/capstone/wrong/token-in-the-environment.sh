# fails: no secret in the image
{ cat solution/Dockerfile; echo 'ENV REFRESH_TOKEN=fake-token-for-practice-only'; } > Dockerfile
