"""Settings, a database or a cache that is away, and the files beside the app."""

import logging
import re

import pytest
import redis
from pydantic import ValidationError

from cache import Cache
from database import Base
from settings import APP_FOLDER, SAMPLE_FEEDS, Settings


@pytest.fixture
def settings(monkeypatch, tmp_path):
    """Settings from an empty folder and these variables."""
    monkeypatch.chdir(tmp_path)

    def read(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return Settings()

    return read


@pytest.mark.parametrize(
    ("variable", "value", "name", "expected"),
    [
        ("DATABASE_URL", "", "database_url", "sqlite:///news_aggregator.db"),
        ("DATABASE_URL", "sqlite:////data/news.db", "database_url", "sqlite:////data/news.db"),
        ("DATABASE_URL", "postgres://u:p@db/news", "database_url", "postgresql+psycopg2://u:***@db/news"),
        ("DATABASE_URL", "postgresql://u:p@db/news", "database_url", "postgresql+psycopg2://u:***@db/news"),
        ("FEEDS", "", "feeds", str(SAMPLE_FEEDS)),
        ("FEEDS", " a.xml\nhttp://example.org/b a.xml", "feeds", "['a.xml', 'http://example.org/b']"),
        ("REDIS_URL", "", "redis_url", "None"),
        ("REDIS_URL", "redis://cache:6379/0", "redis_url", "redis://cache:6379/0"),
        ("REFRESH_TOKEN", "", "refresh_token", "None"),
        ("REFRESH_TOKEN", "not-a-real-token", "refresh_token", "**********"),
        ("CACHE_SECONDS", "5", "cache_seconds", "5"),
    ],
)
def test_settings_come_from_the_environment(settings, variable, value, name, expected):
    assert str(getattr(settings(**{variable: value}), name)) == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "secret-word"),
        ("DATABASE_URL", "mysql://root:secret-word@db/news"),
        ("DATABASE_URL", "postgresql+asyncpg://u:secret-word@db/news"),
        ("FEEDS", "ftp://u:secret-word@example.org/feed"),
        ("REDIS_URL", "http://:secret-word@cache"),
        ("CACHE_SECONDS", "0"),
        ("CACHE_SECONDS", "secret-word"),
    ],
)
def test_a_bad_setting_stops_the_start_and_is_not_printed(settings, variable, value):
    with pytest.raises(ValidationError) as caught:
        settings(**{variable: value})
    assert variable.lower() in str(caught.value)
    assert "secret-word" not in str(caught.value)


def test_a_file_named_env_is_read_and_the_environment_wins(settings, tmp_path):
    (tmp_path / ".env").write_text((APP_FOLDER / ".env.example").read_text() + "OTHER=1\n")
    read = settings(CACHE_SECONDS="7")
    assert read.refresh_token.get_secret_value() == "not-a-real-token"
    assert read.cache_seconds == 7


def test_a_database_that_is_away_at_the_start_is_503_and_then_back(start, tmp_path):
    folder = tmp_path / "data"
    with start(DATABASE_URL=f"sqlite:///{folder}/news.db") as client:
        for path in ("/health", "/articles", "/articles/1", "/sources"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert answer.json() == {
                "error": {"status": 503, "message": "The database does not answer.", "details": []}
            }
        assert client.get("/").status_code == 200  # needs no database
        assert client.get("/articles?limit=0").status_code in (422, 503)
        folder.mkdir()
        assert client.get("/health").json()["articles"] == 24


def test_a_database_that_is_replaced_by_an_empty_one_is_filled_again(client, tmp_path):
    Base.metadata.drop_all(client.app.state.database._engine)
    assert client.get("/articles").status_code == 503
    assert client.get("/articles").json()["total"] == 24


def test_an_unreachable_postgres_is_503_and_its_password_is_not_logged(start, caplog):
    with caplog.at_level(logging.DEBUG), start(DATABASE_URL="postgresql://u:secret-word@127.0.0.1:1/news") as client:
        assert client.get("/health").status_code == 503
    assert "the database does not answer" in caplog.text
    assert "secret-word" not in caplog.text


class FakeRedis:
    """As much of Redis as the cache uses."""

    def __init__(self):
        self.pages, self.away = {}, False

    def _check(self):
        if self.away:
            raise redis.ConnectionError

    def ping(self):
        self._check()
        return True

    def hget(self, key, field):
        self._check()
        return self.pages.get(field)

    def pipeline(self):
        return self

    def hset(self, key, field, value):
        self._check()
        self.pages[field] = value
        return self

    def expire(self, key, seconds):
        return self

    def execute(self):
        pass

    def delete(self, key):
        self._check()
        self.pages.clear()

    def close(self):
        pass


def test_pages_come_from_the_cache_until_a_refresh(client, monkeypatch):
    fake = FakeRedis()
    monkeypatch.setattr(client.app.state.cache, "_redis", fake)
    page = client.get("/articles?limit=1").json()
    monkeypatch.setattr("main.find_articles", lambda *_: 1 / 0)
    assert client.get("/articles?limit=1").json() == page
    assert client.get("/health").json()["cache"] == "up"
    client.post("/refresh")
    assert client.get("/articles?limit=1").status_code == 500


def test_a_cache_that_goes_away_is_no_error(client, monkeypatch):
    fake = FakeRedis()
    monkeypatch.setattr(client.app.state.cache, "_redis", fake)
    page = client.get("/articles").json()
    fake.away = True
    assert client.get("/articles").json() == page
    assert client.post("/refresh").status_code == 200
    assert client.get("/health").json()["cache"] == "away"


def test_an_unreachable_redis_is_away():
    cache = Cache("redis://127.0.0.1:1/0", 60)
    assert (cache.get("x"), cache.put("x", "y"), cache.clear(), cache.state()) == (None, None, None, "away")


def requirements(name: str) -> list[str]:
    lines = (APP_FOLDER / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-source.txt", "requirements-lean.txt"])
def test_requirements_are_pinned_exactly(name):
    assert [line for line in requirements(name) if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+(; .+)?", line)] == []


def test_requirements_for_compiling_differ_in_one_line():
    wheels, source = set(requirements("requirements.txt")), set(requirements("requirements-source.txt"))
    (wheel,), (compiled,) = wheels - source, source - wheels
    assert wheel.replace("psycopg2-binary", "psycopg2") == compiled


def test_lean_requirements_leave_out_and_add_nothing():
    less = {line.replace("uvicorn[standard]", "uvicorn") for line in requirements("requirements.txt")}
    assert set(requirements("requirements-lean.txt")) < less | set(requirements("requirements-source.txt"))
