"""A guest book: /sign?name=… writes a line, / shows them all, /health says whether it can write."""

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

BOOK, SCRATCH = Path("/data/book.txt"), Path("/tmp/draft.txt")

# A server should end when it is told to, not be killed.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        address = urlsplit(self.path)
        try:
            if address.path == "/health":
                write("")
                self.answer(200, "well")
            elif address.path == "/sign":
                write(parse_qs(address.query).get("name", ["somebody"])[0] + "\n")
                self.answer(200, "thank you")
            else:
                self.answer(200, BOOK.read_text() if BOOK.exists() else "an empty book")
        except OSError as error:
            self.answer(500, f"{error.filename}: {error.strerror}")

    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())


def write(line):
    """Write a line to the book, by way of a draft."""
    SCRATCH.write_text(line)
    with BOOK.open("a") as book:
        book.write(SCRATCH.read_text())


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
