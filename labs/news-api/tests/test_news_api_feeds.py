"""Reading feeds: good ones, bad ones, and the same one twice."""

import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import feeds
from settings import APP_FOLDER

ATOM = (APP_FOLDER / "feeds" / "container-gazette.xml").read_bytes()


def rss(*items: str, title: str = "<title>A feed</title>") -> bytes:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{title}{inner}</channel></rss>'.encode()


def item(n: int) -> str:
    return f"<title>Article {n}</title><link>https://example.org/{n}</link>"


@pytest.fixture
def web():
    """A web server on this machine: `web["/feed"] = (status, content)`. Its address is web["address"]."""
    answers = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, content = answers.get(self.path, (404, b""))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", content.decode())
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        answers["address"] = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield answers
        server.shutdown()


def test_refreshing_again_adds_nothing(client):
    before = client.get("/articles?limit=100").json()
    for _ in range(2):
        result = client.post("/refresh").json()
        assert result["added"] == 0
        assert [(feed["found"], feed["added"], feed["problem"]) for feed in result["feeds"]] == [(8, 0, None)] * 3
    assert client.get("/articles?limit=100").json() == before


def test_only_what_is_new_is_added(start, web):
    web["/feed"] = (200, rss(item(1), item(2)))
    with start(FEEDS=f"{web['address']}/feed") as client:
        assert client.get("/health").json()["articles"] == 2
        web["/feed"] = (200, rss(item(3), item(2), title="<title>Its new name</title>"))
        assert client.post("/refresh").json() == {
            "added": 1,
            "feeds": [{"feed": f"{web['address']}/feed", "found": 2, "added": 1, "problem": None}],
        }
        assert client.get("/sources").json()[0] | {"feed": ""} == {
            "id": 1,
            "title": "Its new name",
            "feed": "",
            "articles": 3,
        }


def test_feeds_come_from_files_addresses_and_redirections(start, web, tmp_path):
    (tmp_path / "my feed.xml").write_bytes(rss(item(1)))
    web["/atom"] = (200, ATOM)
    web["/moved"] = (302, b"/atom")
    wanted = ["feeds/python-post.xml", (tmp_path / "my feed.xml").as_uri(), f"{web['address']}/moved"]
    with start(FEEDS="\n".join(wanted)) as client:
        assert [(source["feed"], source["articles"]) for source in client.get("/sources").json()] == list(
            zip(wanted, [8, 1, 8], strict=True)
        )


@pytest.mark.parametrize(
    ("path", "status", "content", "problem"),
    [
        ("/gone", 404, b"", "the server answered 404"),
        ("/broken", 500, b"", "the server answered 500"),
        ("/page", 200, b"<html><body>no feed</body></html>", "neither RSS nor Atom"),
        ("/empty", 200, b"", "neither RSS nor Atom"),
        ("/noise", 200, bytes(range(256)), "neither RSS nor Atom"),
        ("/a-path", 200, str(APP_FOLDER / "feeds" / "python-post.xml").encode(), "neither RSS nor Atom"),
        ("/long", 200, b" " * (feeds.LARGEST_FEED_BYTES + 1), "longer than 5000000 bytes"),
    ],
)
def test_a_bad_feed_is_named_and_does_not_stop_the_others(start, web, path, status, content, problem):
    web[path] = (status, content)
    bad = web["address"] + path
    with start(FEEDS=f"{bad} feeds/python-post.xml") as client:
        assert client.get("/health").json()["articles"] == 8
        answer = client.post("/refresh")
    assert answer.status_code == 200
    assert answer.json()["feeds"][0] == {"feed": bad, "found": 0, "added": 0, "problem": problem}


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("feeds/missing.xml", "cannot be read: No such file or directory"),
        ("http://", "cannot be read: no host given"),
        ("feeds", "cannot be read: Is a directory"),
        ("http://127.0.0.1:1/feed", "cannot be read: Connection refused"),
        ("http://[/feed", "cannot be read: Invalid IPv6 URL"),
    ],
)
def test_where_no_feed_can_be_read_the_answer_is_502(start, address, problem):
    with start(FEEDS=address) as client:
        assert client.get("/articles").json()["total"] == 0
        answer = client.post("/refresh")
    assert answer.status_code == 502
    assert answer.json()["error"]["details"] == [{"where": address, "problem": problem}]


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (item(1), ("https://example.org/1", "Article 1", "", None)),
        (item(1) + "<guid>a</guid>", ("a", "Article 1", "", None)),
        ("<link>https://example.org/1</link>", ("https://example.org/1", "(untitled)", "", None)),
        (item(1) + "<description>&lt;p&gt;One &amp;amp; &lt;b&gt;two&lt;/b&gt;&lt;/p&gt;\n three</description>",
         ("https://example.org/1", "Article 1", "One & two three", None)),
        (item(1) + "<description>&lt;script&gt;alert(1)&lt;/script&gt;ok</description>",
         ("https://example.org/1", "Article 1", "ok", None)),
        (item(1) + "<pubDate>Mon, 02 Mar 2026 08:00:00 +0200</pubDate>",
         ("https://example.org/1", "Article 1", "", datetime(2026, 3, 2, 6))),
        (item(1) + "<pubDate>the day before yesterday</pubDate>", ("https://example.org/1", "Article 1", "", None)),
        (item(1) + f"<guid>{'g' * 501}</guid>", None),  # too long for an index
        ("<title>No link</title>", None),
        ("<title>A trap</title><link>javascript:alert(1)</link>", None),
    ],
)  # fmt: skip
def test_what_is_kept_of_an_item(content, kept):
    _, entries = feeds.parse(rss(content))
    found = [(entry.guid, entry.title, entry.summary, entry.published) for entry in entries]
    assert found == ([kept] if kept else [])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  a\n\tb  ", "a b"),
        ("a<br/>b", "a b"),
        ("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3"),
        ("nul \x00 and half \ud83d of a pair", "nul and half of a pair"),
        ("Łódź 👩‍💻", "Łódź 👩‍💻"),
    ],
)
def test_text_is_made_plain(text, plain):
    assert feeds.clean(text) == plain


@pytest.mark.parametrize(
    ("parsed", "moment"),
    [
        (None, None),
        ((2026, 3, 2, 8, 0, 0, 0, 61, 0), datetime(2026, 3, 2, 8)),
        ((2026, 2, 30, 8, 0, 0, 0, 61, 0), None),
        ((0, 1, 1, 0, 0, 0, 0, 1, 0), None),
    ],
)
def test_moments(parsed, moment):
    assert feeds.moment(parsed) == moment


def test_the_same_item_twice_in_a_feed_and_in_two_feeds(start, web):
    web["/one"] = (200, rss(item(1), item(1)))
    web["/two"] = (200, rss(item(1)))
    with start(FEEDS=f"{web['address']}/one {web['address']}/two {web['address']}/one") as client:
        assert [source["articles"] for source in client.get("/sources").json()] == [1, 1]


def test_another_process_that_stores_the_same_articles_first_is_no_error(client, monkeypatch):
    article = client.get("/articles/1").json()
    with client.app.state.database.session() as session:
        known = feeds.store(session, "feeds/container-gazette.xml", "…", [])
        assert known == 0
        # As if the look at what is known had come a moment too early:
        monkeypatch.setattr(session, "scalars", lambda *_: [])
        entry = feeds.Entry(article["link"], "again", article["link"], "", None)
        assert feeds.store(session, "feeds/container-gazette.xml", "…", [entry]) == 0
    assert client.get("/articles/1").json()["title"] == article["title"]


def test_two_refreshes_at_once(client):
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(client.post("/refresh").status_code)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4
    assert client.get("/health").json()["articles"] == 24
