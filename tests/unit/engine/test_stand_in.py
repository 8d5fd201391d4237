"""What a stand-in for the base image is made from, without an engine."""

from __future__ import annotations

import os

import pytest

from dockerlab.engine import stand_in
from dockerlab.engine.apt import Mirror
from dockerlab.engine.stand_in import Ingredients, pip_settings, without_user


@pytest.mark.parametrize(
    ("listed", "environment", "kept"),
    [
        ("", {}, {}),
        ("global.index-url='https://i.example/simple'", {}, {"index-url": "https://i.example/simple"}),
        (
            "global.index-url='https://i.example'",
            {"PIP_INDEX_URL": "https://e.example"},
            {"index-url": "https://e.example"},
        ),
        ("global.find-links='/opt/wheels'\nglobal.cert='/x'", {}, {}),
        ("global.extra-index-url='file:///opt https://a.example'", {}, {"extra-index-url": "https://a.example"}),
        ("global.extra-index-url='file:///opt'", {}, {}),
    ],
)
def test_of_pip_s_settings_only_what_a_build_can_use(listed, environment, kept):
    assert pip_settings(listed, environment) == kept


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://i.example/simple", "https://i.example/simple"),
        ("https://user:password@i.example/simple", "https://i.example/simple"),
        ("https://token@i.example:8443/simple", "https://i.example:8443/simple"),
        ("https://user:p@ss@i.example", "https://i.example"),
        ("https://i.example/feed@Release/simple", "https://i.example/feed@Release/simple"),
        ("https://a:b@i.example https://c:d@j.example/x", "https://i.example https://j.example/x"),
        ("user:password@proxy.example:3128", "proxy.example:3128"),
        ("DIRECT", "DIRECT"),
        ("", ""),
    ],
)
def test_no_user_information_is_left_in_an_address(value, expected):
    assert without_user(value) == expected


SECRET = "user:password@"


@pytest.fixture
def machine_of_a_stand_in(tmp_path, monkeypatch):
    """What a stand-in's ingredients are gathered from, and how one of them is changed."""
    values = {
        "index": "https://i.example/simple",
        "proxy": "http://p.example:3128/",
        "mirror": "http://m.example/debian",
    }
    monkeypatch.setattr(stand_in, "CERTIFICATES", tmp_path / "ca-certificates.crt")
    monkeypatch.setattr(stand_in, "RECIPE", tmp_path / "recipe")
    monkeypatch.setattr(stand_in, "_mirror", lambda: Mirror(values["mirror"], ("main",), "/k.gpg"))
    monkeypatch.setattr(stand_in, "_pip_config", lambda: f"global.index-url='{values['index']}'")
    monkeypatch.setattr(stand_in, "_apt_settings", lambda: {"Acquire::http::Proxy": values["proxy"]})
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    stand_in.CERTIFICATES.write_text("one")
    stand_in.RECIPE.mkdir()
    (stand_in.RECIPE / "standin.Dockerfile").write_text("FROM scratch")
    return values


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (lambda values: None, False),
        (lambda values: stand_in.CERTIFICATES.write_text("two"), True),
        (lambda values: stand_in.CERTIFICATES.unlink(), True),
        (lambda values: values.update(index="https://other.example"), True),
        (lambda values: values.update(proxy="http://other.example/"), True),
        (lambda values: values.update(mirror="http://other.example/debian"), True),
        (lambda values: (stand_in.RECIPE / "standin.Dockerfile").write_text("FROM other"), True),
        (lambda values: values.update(index=f"https://{SECRET}i.example/simple"), False),
        (lambda values: os.utime(stand_in.CERTIFICATES, (0, 0)), False),
        (lambda values: os.environ.update(HOME="/somewhere/else"), False),
    ],
    ids=["nothing", "certificates", "no certificates", "pip", "apt", "mirror", "recipe", "user", "time", "HOME"],
)
def test_the_key_of_a_stand_in_is_that_of_what_it_is_made_from(machine_of_a_stand_in, monkeypatch, change, differs):
    monkeypatch.setenv("HOME", os.environ.get("HOME", "/"))
    before = Ingredients.gather().key
    change(machine_of_a_stand_in)
    assert (Ingredients.gather().key != before) == differs


@pytest.mark.parametrize(
    ("value", "address"),
    [("index", "https://i.example/simple"), ("proxy", "http://p.example:3128/"), ("mirror", "http://m.example/debian")],
)
def test_no_user_information_gets_into_a_stand_in(machine_of_a_stand_in, value, address):
    assert not Ingredients.gather().has_left_out
    machine_of_a_stand_in[value] = address.replace("://", f"://{SECRET}")
    ingredients = Ingredients.gather()
    everything = b"\n".join([ingredients.mirror.encode(), *ingredients.files.values()]).decode()
    assert address in everything
    assert "password" not in everything
    assert ingredients.has_left_out


def test_the_build_of_a_stand_in_gets_its_ingredients_and_says_what_was_left_out(
    machine_of_a_stand_in, tmp_path, monkeypatch
):
    mirrors, said = [], []

    def download_source(apt, release, package, into):
        (into / f"{package}_3.11.2.orig.tar.gz").touch()

    monkeypatch.setattr(stand_in.Apt, "download_source", download_source)
    monkeypatch.setattr(stand_in, "unpack", lambda *arguments: tmp_path)
    monkeypatch.setattr(stand_in, "_debootstrap", lambda tools, mirror, target: mirrors.append(mirror.uri))
    machine_of_a_stand_in["mirror"] = f"http://{SECRET}m.example/debian"
    context = tmp_path / "context"
    context.mkdir()
    umask = os.umask(0o077)
    try:
        version = stand_in._fill(context, Ingredients.gather(), said.append)
    finally:
        os.umask(umask)
    assert version == "3.11.2"
    assert mirrors == ["http://m.example/debian"]
    assert "user information: the stand-in gets it without" in said[0]
    assert (context / "machine/etc/pip.conf").read_text().startswith("[global]\nindex-url = https://i.example/simple\n")
    assert (context / "machine/etc/apt/apt.conf.d/machine").read_text() == (
        'Acquire::http::Proxy "http://p.example:3128/";\n'
    )
    for name in ("standin.Dockerfile", "certificates/ca-certificates.crt", "machine/etc/pip.conf"):
        assert (context / name).stat().st_mode & 0o777 == 0o644
