"""A notebook: GET / shows all notes, POST / adds one."""

import json
import signal
import socket
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NOTES = Path("/data/notes.jsonl")  # one note a line
CONTAINER = socket.gethostname()  # Docker names the host after the container's ID


def read_notes() -> list[dict]:
    """All notes, the oldest first."""
    lines = NOTES.read_text(encoding="utf-8").splitlines() if NOTES.exists() else []
    return [json.loads(line) for line in lines if line.strip()]


def page() -> str:
    """What a browser shows."""
    notes = [f"{note['text']}\n    written at {note['at']} by container {note['container']}" for note in read_notes()]
    return "\n".join([f"You are talking to container {CONTAINER}.", "", *(notes or ["No notes yet."]), ""])


class Notebook(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        self.answer(page())

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode(errors="replace").strip()
        note = {"at": datetime.now(UTC).isoformat(), "container": CONTAINER, "text": text}
        with NOTES.open("a", encoding="utf-8") as file:
            file.write(json.dumps(note) + "\n")
        self.answer(page())

    def answer(self, text: str) -> None:
        """Send plain text."""
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


NOTES.parent.mkdir(exist_ok=True)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # otherwise `docker stop` waits ten seconds
ThreadingHTTPServer(("", 8000), Notebook).serve_forever()
