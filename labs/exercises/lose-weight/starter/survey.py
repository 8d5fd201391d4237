"""Survey the town that seed.txt names: 40 MB of measurements."""

import random
from pathlib import Path

SEED = Path("seed.txt").read_text().strip()

with open("survey.raw", "wb") as survey:
    survey.write(random.Random(SEED).randbytes(40_000_000))
