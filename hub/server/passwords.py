"""Passwords of the learners: one is made up for each who has none, so nobody can take the name of another.

`python passwords.py NAME …` prints, as JSON, the passwords that are new; what is kept of them is a hash.
"""

import dbm
import json
import secrets
import sys

import bcrypt

FILE = "/srv/state/passwords"
# Without characters that are mistaken for each other on paper.
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
LENGTH = 10


def new_password() -> str:
    """A password that can be read out."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def give(names: list[str], file: str = FILE, *, anew: bool = False) -> dict[str, str]:
    """Give each of these learners a password who has none, or, `anew`, each of them; name -> what is new."""
    given = {}
    with dbm.open(file, "c", 0o600) as kept:
        for name in names:
            if anew or name.encode() not in kept:
                given[name] = new_password()
                kept[name] = bcrypt.hashpw(given[name].encode(), bcrypt.gensalt())
    return given


if __name__ == "__main__":
    arguments = sys.argv[1:]
    print(json.dumps(give([one for one in arguments if one != "--anew"], anew="--anew" in arguments)))
