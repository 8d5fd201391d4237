"""The shelf: GET / lists the books, POST / adds one, /health says whether the database and the cache answer.

It asks both at its start, once, and ends if one of them doesn't answer.
"""

import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg2

# A server should end when it is told to, not be killed.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def in_database(query, *values):
    """The rows that a query gives. Where and who is in the environment: PGHOST, PGUSER, PGPASSWORD."""
    file = os.environ.get("PGPASSWORD_FILE")
    password = {"password": Path(file).read_text().strip()} if file else {}
    connection = psycopg2.connect("", connect_timeout=3, **password)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def in_cache(command):
    """What Redis answers, in its own words."""
    with socket.create_connection((os.environ["CACHE"], 6379), timeout=3) as connection:
        connection.sendall(f"{command}\r\n".encode())
        return connection.recv(100).decode().strip()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            visits = in_cache("PING" if self.path == "/health" else "INCR visits").lstrip(":+")
            rows = in_database("select added, title from books order by added")
        except (psycopg2.Error, OSError) as error:
            self.answer(503, str(error).strip())
            return
        books = [f"{added.isoformat(timespec='microseconds')} {title}" for added, title in rows]
        self.answer(200, "well" if self.path == "/health" else "\n".join([*books, f"({visits} visits)"]))

    def do_POST(self):
        title = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode().strip()
        try:
            in_database("insert into books (title) values (%s)", " ".join(title.split()))
        except (psycopg2.Error, OSError) as error:
            self.answer(503, str(error).strip())
            return
        self.answer(201, "it is on the shelf")

    def answer(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())


try:
    in_database("create table if not exists books (added timestamptz default clock_timestamp(), title text)")
    in_cache("PING")
except (psycopg2.Error, OSError) as error:
    sys.exit(f"I give up: {str(error).strip()}")
ThreadingHTTPServer(("", 8000), Handler).serve_forever()
