"""Prints the five most frequent words of a text: python word_count.py TEXT"""

import re
import sys
from collections import Counter
from pathlib import Path


def report(text: str) -> str:
    """One line for each word: how often, and which."""
    counts = Counter(re.findall(r"[a-z]+", text.lower()))
    return "\n".join(f"{number:3} {word}" for word, number in counts.most_common(5))


if __name__ == "__main__":
    print(report(Path(sys.argv[1]).read_text(encoding="utf-8")))
