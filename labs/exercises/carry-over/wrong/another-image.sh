# fails: the_image_is_back
docker tag python:3.11-slim carry-over:restored
