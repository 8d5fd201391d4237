"""Writes /app/licence.txt for the owner of a token: python make_licence.py FILE-WITH-THE-TOKEN"""

import hashlib
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    token = file.read().strip()

# Stands for a request to the maker's server. Anybody may see the licence, nobody may see the token.
number = hashlib.sha256(f"licence for {token}".encode()).hexdigest()[:16]

with open("/app/licence.txt", "w", encoding="utf-8") as file:
    print("Licence", number, file=file)
