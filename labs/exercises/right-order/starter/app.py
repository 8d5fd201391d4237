"""Greets the visitors of a place."""

import doorman
from words import PLACE

print(doorman.greet(PLACE))
