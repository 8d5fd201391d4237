#!/usr/bin/env python3
"""A compiler for tide tables: tidec SOURCE PROGRAM

It reads high tides, works out the low ones and writes a program that needs Python and nothing else.
"""

import os
import sys

LIBRARY = "/opt/toolchain/lib/standard.lib"
MINUTES_TO_LOW = 373

source, program = sys.argv[1:]
if not os.path.exists(LIBRARY):
    sys.exit(f"tidec: {LIBRARY} is missing")

lines = []
with open(source, encoding="utf-8") as file:
    for place, high in (line.split() for line in file if line.strip()):
        hours, minutes = map(int, high.split(":"))
        low = (60 * hours + minutes + MINUTES_TO_LOW) % (24 * 60)
        lines.append(f"{place}: high {high}, low {low // 60:02d}:{low % 60:02d}")

os.makedirs(os.path.dirname(os.path.abspath(program)), exist_ok=True)
with open(program, "w", encoding="utf-8") as file:
    print("#!/usr/bin/env python3", f"print({chr(10).join(lines)!r})", sep="\n", file=file)
os.chmod(program, 0o755)

# Compilers leave such things behind, for people who look for mistakes. The program runs without it.
with open(f"{program}.debug", "wb") as file:
    file.write(os.urandom(6_000_000))
