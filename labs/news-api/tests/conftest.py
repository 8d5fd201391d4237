"""The app is a few modules beside each other, not an installed package: its folder goes on the import path."""

import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fastapi.testclient import TestClient

from main import app

VARIABLES = ("DATABASE_URL", "FEEDS", "REFRESH_TOKEN", "REDIS_URL", "CACHE_SECONDS")


@pytest.fixture
def start(monkeypatch, tmp_path):
    """Start the app in an empty folder with the settings given: `with start(FEEDS=…) as client`."""
    monkeypatch.chdir(tmp_path)

    @contextmanager
    def started(**settings: str):
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        with TestClient(app, raise_server_exceptions=False) as client:
            yield client

    return started


@pytest.fixture
def client(start):
    with start() as client:
        yield client
