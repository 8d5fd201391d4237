"""Prints the words that it gets, in capital letters."""

import sys

print(" ".join(sys.argv[1:]).upper())
