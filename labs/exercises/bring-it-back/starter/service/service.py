"""The library: GET / says how many books there are, POST / adds a book."""

import json
import signal
import sqlite3
import sys
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATABASE = "/data/library.db"


class Library(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        with closing(sqlite3.connect(DATABASE)) as library:
            self.answer(200, {"books": library.execute("SELECT count(*) FROM books").fetchone()[0]})

    def do_POST(self) -> None:
        title = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace").strip()
        try:
            with closing(sqlite3.connect(DATABASE)) as library, library:
                library.execute("INSERT INTO books (title, shelf) VALUES (?, 'new')", (title,))
        except sqlite3.Error as error:
            self.answer(500, {"error": str(error)})
        else:
            self.answer(200, {"added": title})

    def answer(self, status: int, facts: dict) -> None:
        """Send JSON."""
        body = (json.dumps(facts) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


with closing(sqlite3.connect(DATABASE)) as library:  # a new library begins without books
    library.execute("CREATE TABLE IF NOT EXISTS books (number INTEGER PRIMARY KEY, title TEXT, shelf TEXT)")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # otherwise `docker stop` waits ten seconds
ThreadingHTTPServer(("", 8000), Library).serve_forever()
