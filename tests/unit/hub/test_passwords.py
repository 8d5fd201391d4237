"""Passwords are made up once, kept as hashes, and are those that the hub's authenticator accepts."""

from __future__ import annotations

import asyncio
import dbm
from types import SimpleNamespace

import pytest
from firstuseauthenticator import FirstUseAuthenticator

from hub.server.passwords import LETTERS, give, new_password


@pytest.fixture
def file(tmp_path):
    return str(tmp_path / "passwords")


def log_in(file, name, password):
    hub = FirstUseAuthenticator(dbm_path=file, allowed_users={"ada", "grace"})
    data = {"username": name, "password": password}
    return asyncio.run(hub.authenticate(SimpleNamespace(), data))


def test_who_has_none_gets_one_and_the_others_keep_theirs(file):
    first = give(["ada"], file)
    second = give(["ada", "grace"], file)
    assert (list(first), list(second)) == (["ada"], ["grace"])
    assert log_in(file, "ada", first["ada"]) == "ada"
    assert log_in(file, "ada", second["grace"]) is None


def test_a_lost_one_is_replaced(file):
    old, new = give(["ada"], file), give(["ada"], file, anew=True)
    assert log_in(file, "ada", old["ada"]) is None
    assert log_in(file, "ada", new["ada"]) == "ada"


def test_none_is_kept_as_it_is(file):
    given = give(["ada"], file)["ada"]
    with dbm.open(file) as kept:
        assert given.encode() not in kept["ada"]


def test_a_password_can_be_read_from_paper():
    assert set(new_password()) <= set(LETTERS)
    assert not set(LETTERS) & set("01lo")
    assert new_password() != new_password()
