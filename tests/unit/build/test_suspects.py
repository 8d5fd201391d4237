"""Which files look like secrets. None of the values here was ever one."""

import os

import pytest

from dockerlab.build.suspects import MOST_BYTES, kind_of

KEY = "-----BEGIN {}PRIVATE KEY-----\nMIIEvQIBADANBg\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIB\n"


def kind(folder, path, text, looked_into=True):
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return kind_of(path, str(file), looked_into)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".env", "A=1", "environment file"),
        (".env", "", ""),
        (".env.production", "A=1", "environment file"),
        ("conf/prod.env", "A=1", "environment file"),
        (".env.example", "A=1", ""),
        (".env.sample", "TOKEN=", ""),
        ("server.pem", KEY.format(""), "key file"),
        ("ca.pem", CERTIFICATE, ""),
        ("both.pem", CERTIFICATE + KEY.format("RSA "), "key file"),
        ("x.key", b"\0\1", "key file"),
        ("home/.ssh/id_rsa", "x", "SSH key"),
        ("home/.ssh/id_rsa.pub", "ssh-rsa AAAA", ""),
        (".npmrc", "x", "login"),
        (".pypirc", "x", "login"),
        (".aws/credentials", "x", "credentials"),
        ("credentials.py", "x", ""),
        (".git/config", "[remote]\nurl = https://x-access-token:abc123@github.com/a/b", "address with a login"),
        (".git/config", "[remote]\nurl = git@github.com:a/b.git", ""),
        (".git/config", "[remote]\nurl = https://github.com/a/b.git", ""),
    ],
)
def test_names_tell_wherever_a_file_is(tmp_path, path, text, expected):
    assert kind(tmp_path, path, text) == kind(tmp_path, path, text, looked_into=False) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.txt", KEY.format(""), "private key"),
        ("a.txt", KEY.format("OPENSSH "), "private key"),
        ("a.md", "It begins with -----BEGIN PRIVATE KEY----- as a rule.", "private key"),
        ("a.py", "if '-----BEGIN PRIVATE KEY-----' in text:", ""),
        ("a.py", "key = 'AKIAABCDEFGHIJKLMNOP'", "AWS access key"),
        ("a.py", "key = 'XAKIAABCDEFGHIJKLMNOP'", ""),
        ("a.py", "password = 'hunter22'", "password or token"),
        ("a.py", 'API_KEY = "abcd1234"', "password or token"),
        ("a.json", '{"token": "abcd1234"}', "password or token"),
        ("a.py", "password = read()", ""),
        ("a.py", "password = other_name", ""),
        ("a.py", 'password = ""', ""),
        ("a.py", "tokens = ['abcd']", ""),
        ("a.py", 'token = "${TOKEN}"', ""),
        ("a.py", "password = 'xxxxxxxx'", ""),
        ("a.ini", "password = hunter22", "password or token"),
        ("a.yaml", "db_password: hunter22", "password or token"),
        ("a.yaml", "db_password: ${DB_PASSWORD}", ""),
        ("a.yaml", "url: postgresql://news:${DB_PASSWORD:?give it a value in .env}@db/news", ""),
        ("a.yaml", "url: ${DB_PASSWORD:+postgresql}", ""),
        ("a.yaml", "url: ${REFRESH_TOKEN:-}", ""),
        ("a.yaml", "url: postgresql://news:${DB_PASSWORD:-hunter22}@db/news", "password or token"),
        ("a.yaml", "password: null", ""),
        ("a.yaml", "POSTGRES_PASSWORD_FILE: /run/secrets/x", ""),
        ("Dockerfile.x", "ENV AWS_SECRET_ACCESS_KEY=abcd1234", "password or token"),
        ("a.bin", b"\0password = 'hunter22'", ""),
        ("a.py", " " * MOST_BYTES + "password = 'hunter22'", ""),
        ("a.py", "\n" * 100 + "token" * 9000, ""),
    ],
)
def test_what_is_in_a_file_tells_if_it_is_looked_into(tmp_path, path, text, expected):
    assert kind(tmp_path, path, text) == expected
    assert kind(tmp_path, path, text, looked_into=False) == ""


def test_what_is_no_file_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / ".env")
    assert kind_of(".env", str(tmp_path / ".env"), True) == ""
    (tmp_path / "secret").write_text("password='hunter22'")
    (tmp_path / ".npmrc").symlink_to("secret")
    assert kind_of(".npmrc", str(tmp_path / ".npmrc"), True) == ""


def test_a_file_that_changes_is_looked_at_again(tmp_path):
    assert kind(tmp_path, "a.py", "x") == ""
    assert kind(tmp_path, "a.py", "token = 'abcd1234'") == "password or token"
