"""nbval's sanitiser: what may differ from run to run, and what must not."""

import re
from pathlib import Path

import pytest
from nbval.plugin import get_sanitize_patterns

RULES = Path(__file__).with_name("sanitize.cfg").read_text(encoding="utf-8")


def sanitise(text: str) -> str:
    for regex, replacement in get_sanitize_patterns(RULES):  # applied as nbval applies them
        text = re.sub(regex, replacement, text)
    return text


def test_every_rule_is_read() -> None:
    # nbval silently skips a rule if there is no space after `replace:`.
    assert len(get_sanitize_patterns(RULES)) == len(re.findall("^regex: ", RULES, re.M))


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ("4 ran, 0 cached, 8.64 s", "4 ran, 0 cached, 12.1 s"),
        ("450 ms", "1 min 03 s"),
        ("59.9 s", "1 min 3 s"),
        ("took 3 seconds", "took 12 seconds"),
        ("0.31\u20130.36 s", "0.29\u20130.41 s"),
        ("0.33 s ± 0.02 s", "0.41 s ± 0.10 s"),
        ("12.3 MB of context sent", "45 kB of context sent"),
        ("1,234 bytes", "987 bytes"),
        ("512 B", "1.2 GiB"),
        ("measured: 24.3×", "measured: 8 ×"),
        ("measured: 24.3\u00a0×", "measured: 24×"),
        ("hit rate 93 %", "hit rate 7.5%"),
        ("sha256:" + "ab" * 32, "sha256:" + "01" * 32),
        ("sha256:0123456789ab", "sha256:fedcba987654…"),
        ("id " + "0a" * 32, "id " + "b1" * 32),
        ("0123456789ab   news-api", "fedcba987654   news-api"),
        ("<Foo object at 0x7f3a2b4c5d6e>", "<Foo object at 0x7f0000000000>"),
        ("2026-11-23T20:36:04.123456Z", "2027-01-02T03:04:05Z"),
        ("built 2026-11-23 20:36:04 +0000 UTC", "built 2026-12-01 01:02:03 +0000 UTC"),
        ("on 23 November 2026", "on 1 May 2027"),
        ("Up 2 seconds", "Up About a minute"),
        ("2 hours ago", "3 days ago"),
        ("127.0.0.1:8000->8000/tcp", "127.0.0.1:41237->8000/tcp"),
        ("http://localhost:8000/health", "http://localhost:8001/health"),
        ('INFO: 172.17.0.1:54321 - "GET /health" 200', 'INFO: 10.200.3.1:40000 - "GET /health" 200'),
        ('"HostPort": "8000"', '"HostPort": "8123"'),
        (
            "/tmp/dockerlab-04-layer-caching-x1y2/news-api/main.py",
            "/var/folders/ab/T/dockerlab-04-q_9/news-api/main.py",
        ),
        ("main.py\r\nfeeds\r\n", "main.py\nfeeds\n"),
        ("   layer  size_MB\n0      a    128.1", "   layer size_MB\n0      a 1.10"),
        ("size_bytes\n127345234", "size_bytes\n98765432"),
        ("<td>8.31</td>", "<td>12.04</td>"),
        ('<span style="width:100.0%">', '<span style="width:1.4%">'),
        ('<figure><svg viewBox="0 0 1 1">\n<path/></svg></figure>', "<figure><svg><g>\n</g></svg></figure>"),
        ('<div role="img" aria-label="base 128, app 3">', '<div role="img" aria-label="base 126, app 4">'),
        ("Figure: Order decides\npoor: 8 s, good: 1 s", "Figure: Order decides\npoor: 9 s,\ngood: 1 s"),
        (
            "Docker Engine 28.5.2 (private, overlay2). Base image: python:3.11-slim.",
            "Docker Engine 26.1.5+dfsg1 (own, overlayfs (containerd)). Base image: stand-in (128 MB).",
        ),
        ("Registry image: the official registry:2.", "Registry image: a stand-in for registry:2 (Debian's)."),
        ("Engine image: the official docker:dind.", "Engine image: a stand-in for docker:dind (Debian's)."),
    ],
)
def test_may_differ(stored: str, fresh: str) -> None:
    assert sanitise(stored) == sanitise(fresh)


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ("5/5  COPY . .  CACHED", "5/5  COPY . .  DONE"),
        ("[4/5] RUN pip install", "[4/5] RUN pip uninstall"),
        ("4 ran, 0 cached, 8.64 s", "0 ran, 4 cached, 8.64 s"),
        ("2/5  WORKDIR /app", "2/6  WORKDIR /app"),
        ("HTTP 200", "HTTP 500"),
        ('"GET /health HTTP/1.1" 200', '"GET /health HTTP/1.1" 404'),
        ("HOLDS  Order decides", "FAILS  Order decides"),
        ("Claim holds. Order decides", "Claim fails. Order decides"),
        ("measured: 1 step", "measured: 2 steps"),
        ("FROM python:3.11-slim", "FROM python:3.12-slim"),
        ("uid=1000(apiuser)", "uid=0(root)"),
        ("exit code 137", "exit code 0"),
        ("8000/tcp", "8001/tcp"),
        ("--interval=30s", "--interval=3s"),
        ("starting → healthy", "starting → unhealthy"),
        ("Figure: Good order is faster\nalt", "Figure: Good order is slower\nalt"),
        ("<td>True</td>", "<td>False</td>"),
        ("news-api:optimized", "news-api:latest"),
        ("/tmp/dockerlab-a/news-api/main.py", "/tmp/dockerlab-a/news-api/feeds.py"),
        ("12 articles", "0 articles"),
    ],
)
def test_must_not_differ(stored: str, fresh: str) -> None:
    assert sanitise(stored) != sanitise(fresh)
