"""The library as it was before the accident."""

import random
import sqlite3
from itertools import product

ONE = ("The Quiet", "A Winter", "My Uncle's", "The Last", "Another", "The Glass")
TWO = ("Harbour", "Orchard", "Railway", "Letters", "Garden", "Map", "Clockmaker", "Island")

library = sqlite3.connect("/data/library.db")
library.execute("CREATE TABLE books (number INTEGER PRIMARY KEY, title TEXT, shelf TEXT)")
for one, two in product(ONE, TWO):
    shelf = f"{random.choice('ABCDEFGH')}{random.randrange(10, 100)}"
    library.execute("INSERT INTO books (title, shelf) VALUES (?, ?)", (f"{one} {two}", shelf))
library.commit()
print(library.execute("SELECT count(*) FROM books").fetchone()[0], "books on the shelves")
