# fails: your_image_prints_it
cp solution/Dockerfile .
