"""Counts visits in data/visits.txt. /health says how it is, and /sick makes it sick, for practice."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VISITS = Path("data/visits.txt")
is_sick = False


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        global is_sick
        if self.path == "/health":
            self.answer(503, "sick") if is_sick else self.answer(200, "well")
        elif self.path == "/sick":
            is_sick = True
            self.answer(200, "I am sick now.")
        else:
            self.count()

    def count(self):
        try:
            visits = int(VISITS.read_text()) + 1 if VISITS.exists() else 1
            VISITS.write_text(str(visits))
            self.answer(200, f"visit {visits}")
        except OSError as error:
            self.answer(500, f"{type(error).__name__}: {error}")

    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())


ThreadingHTTPServer(("", 8000), Handler).serve_forever()
