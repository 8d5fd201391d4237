"""The store's health check: ends with 0 if it answers."""

from lines import ask

ask("http://127.0.0.1:7000/", timeout=2).read()
