"""Makes thumbnails, and never lets go of a picture. At 300 MB it takes no more, so that it harms nobody's machine."""

import signal
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

pictures = []
while len(pictures) < 30:
    pictures.append(b"x" * 10_000_000)
    print(f"picture {len(pictures)}: {len(pictures) * 10} MB")
    time.sleep(0.2)
print("enough")
signal.pause()
