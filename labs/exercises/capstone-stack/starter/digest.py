"""Prepares the daily digest, and forgets to let go of what it has read: 2 MB a second.

In this scene, it stops at 300 MB, so that your machine is safe.
"""

import time

READ_BYTES, MOST_BYTES = 2_000_000, 300_000_000
kept = []
while True:
    if len(kept) * READ_BYTES < MOST_BYTES:
        kept.append(bytearray(b"x" * READ_BYTES))
        print(f"{len(kept) * READ_BYTES // 1_000_000} MB read", flush=True)
    time.sleep(1)
