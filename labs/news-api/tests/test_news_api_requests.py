"""What the app answers, with its defaults: SQLite and the sample feeds."""

import pytest

ARTICLE_KEYS = {"id", "title", "link", "summary", "published", "source"}


def test_the_first_start_makes_the_database_and_reads_the_sample_feeds(client, tmp_path):
    assert (tmp_path / "news_aggregator.db").is_file()
    assert client.get("/health").json() == {
        "status": "ok",
        "version": "1.0.0",
        "database": "sqlite",
        "cache": "off",
        "articles": 24,
    }


def test_a_later_start_reads_nothing_again(start):
    with start() as client:
        before = client.get("/articles").json()
    with start(FEEDS="no-such-file.xml") as client:
        assert client.get("/articles").json() == before


def test_greeting(client):
    assert client.get("/").json() == {"message": "Hello from the news API", "version": "1.0.0"}


@pytest.mark.parametrize(
    ("query", "total", "first"),
    [
        ("", 24, "Errors are part of the interface"),  # the newest
        ("q=docker", 4, "Settings from the environment"),
        ("q=DOCKER", 4, "Settings from the environment"),
        ("q=docker+environment", 1, "Settings from the environment"),  # all words, in any order
        ("q=environment+docker", 1, "Settings from the environment"),
        ("q=%C5%81%C3%93D%C5%B9", 1, "A year of rain in Łódź"),  # ŁÓDŹ
        ("q=+layers+", 1, "Layers, counted"),
        ("q=100%25", 0, None),  # % and _ stand for themselves
        ("q=_", 0, None),
        ("source=2", 8, "A café map made of receipts"),
        ("source=2&q=docker", 1, "How large is an image?"),
        ("offset=23", 24, "Notes from the archive"),  # the one without a date comes last
        ("offset=24", 24, None),
        ("limit=1", 24, "Errors are part of the interface"),
    ],
)
def test_articles_are_found(client, query, total, first):
    page = client.get(f"/articles?{query}").json()
    assert page["total"] == total
    assert (page["items"][0]["title"] if page["items"] else None) == first
    assert all(item.keys() == ARTICLE_KEYS for item in page["items"])


def test_pages_put_together_are_the_whole(client):
    whole = client.get("/articles?limit=100").json()["items"]
    pages = [client.get(f"/articles?limit=5&offset={offset}").json()["items"] for offset in range(0, 24, 5)]
    assert [len(page) for page in pages] == [5, 5, 5, 5, 4]
    assert [item for page in pages for item in page] == whole
    dates = [item["published"] for item in whole]
    assert dates[-1] is None
    assert dates[:-1] == sorted(dates[:-1], reverse=True)


def test_one_article(client):
    first = client.get("/articles?limit=1").json()["items"][0]
    assert client.get(f"/articles/{first['id']}").json() == first
    assert first["published"] == "2026-04-21T10:30:00Z"
    assert first["source"] == "The Python Post"


def test_sources(client):
    assert client.get("/sources").json() == [
        {"id": 1, "title": "The Container Gazette", "feed": "feeds/container-gazette.xml", "articles": 8},
        {"id": 2, "title": "Data Dispatch", "feed": "feeds/data-dispatch.xml", "articles": 8},
        {"id": 3, "title": "The Python Post", "feed": "feeds/python-post.xml", "articles": 8},
    ]


@pytest.mark.parametrize(
    ("method", "path", "status", "where"),
    [
        ("GET", "/nothing", 404, None),
        ("GET", "/articles/25", 404, None),
        ("GET", "/articles?source=4", 404, None),
        ("POST", "/articles", 405, None),
        ("GET", "/refresh", 405, None),
        ("GET", "/articles/first", 422, "path.article_id"),
        ("GET", "/articles/0", 422, "path.article_id"),
        ("GET", "/articles/99999999999999999999", 422, "path.article_id"),
        ("GET", "/articles?limit=0", 422, "query.limit"),
        ("GET", "/articles?limit=101", 422, "query.limit"),
        ("GET", "/articles?limit=many", 422, "query.limit"),
        ("GET", "/articles?offset=-1", 422, "query.offset"),
        ("GET", "/articles?offset=99999999999999999999", 422, "query.offset"),
        ("GET", "/articles?source=python", 422, "query.source"),
        ("GET", "/articles?q=", 422, "query.q"),
        ("GET", "/articles?q=+++", 422, "query.q"),
        ("GET", "/articles?q=a%00b", 422, "query.q"),
        ("GET", "/articles?q=" + "x" * 101, 422, "query.q"),
        ("GET", "/articles?limt=5", 422, "query.limt"),
    ],
)
def test_every_error_has_the_same_shape(client, method, path, status, where):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert error.keys() == {"status", "message", "details"}
    assert error["status"] == status
    assert error["message"]
    assert [detail["where"] for detail in error["details"]] == ([where] if where else [])


def test_a_bug_is_reported_without_its_innards(client, monkeypatch):
    monkeypatch.setattr("main.find_articles", lambda *_: 1 / 0)
    answer = client.get("/articles")
    assert answer.status_code == 500
    assert answer.json()["error"] == {
        "status": 500,
        "message": "Something went wrong here. The log says what.",
        "details": [],
    }


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"X-Refresh-Token": "wrong"}, 401), ({"X-Refresh-Token": "wröng".encode()}, 401),
     ({"X-Refresh-Token": "not-a-real-token"}, 200)],
)  # fmt: skip
def test_a_refresh_may_ask_for_a_token(start, headers, status):
    with start(REFRESH_TOKEN="not-a-real-token") as client:
        answer = client.post("/refresh", headers=headers)
    assert answer.status_code == status
    assert ("error" in answer.json()) == (status == 401)
