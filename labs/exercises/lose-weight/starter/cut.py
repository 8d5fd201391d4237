"""Cut the survey into tiles: 20 of them, 1 MB each."""

import os

os.makedirs("tiles", exist_ok=True)
with open("survey.raw", "rb") as survey:
    for number in range(20):
        with open(f"tiles/{number:02}.tile", "wb") as tile:
            tile.write(survey.read(1_000_000))
