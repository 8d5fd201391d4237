"""nbval's sanitiser: what may differ from run to run, and what must not."""

import re
import time
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
        ("Removed this chapter's images.", "Removed this chapter's scratch copy."),
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
        (
            "1/5 FROM docker.io/library/python:3.11-slim BASE",
            "1/5 FROM docker.io/library/python:3.11-slim@sha256:0123456789ab… BASE",
        ),
        ("news-api exited", "news-api-session2 exited"),
        (
            "0123456789ab\n",
            "Port 8000 of this machine is in use, so the lesson publishes on 4001 instead.\nba9876543210\n",
        ),
        (
            "67108864\n",
            "WARNING: Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory "
            "limited without swap.\n67108864\n",
        ),
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
            "/tmp/dockerlab-06-layer-caching-x1y2/news-api/main.py",
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
        ("took 2m13s", "took 1h2m3s"),
        ("1m0.5s", "250ms"),
        ("(250ms)", "(1.2s)"),
        ("waited 1h2m", "waited 2h0m0s"),
        ("12\u00b5s", "7\u03bcs"),
        ("created 2 weeks ago", "created 3 months ago"),
        ("created 11 months ago", "created 2 years ago"),
        ("Up 2 minutes (healthy)", "Up Less than a second (healthy)"),
        ("Exited (0) 3 seconds ago", "Exited (0) About an hour ago"),
        ("<td>1e-05</td>", "<td>0.31</td>"),
        ("<td>1.2e+03</td>", "<td>845.2</td>"),
        ("<td>-0.0</td>", "<td>0.25</td>"),
        ("news-api   0123456789ab", "news-api   012345678901"),
        ("ID 012345678901.", "ID a12345678901."),
        ("id " + "01" * 32, "id " + "ab" * 32),
        ("size 123456789012", "size 98765432"),
        ("ref 3e61fcec-d64c-421b-98a5-a71644665544", "ref 11111111-2222-3333-4444-555555555555"),
        ("ID 1twgqqxfshlxpfn6jdhdi7wql", "ID z5x0c8v7b6n5m4l3k2j1h0g9f"),
        ("2026-11-23T20:36:04.123456789Z", "2027-01-02T03:04:05.000000001Z"),
        ("2026-11-23T20:36:04.123456789+01:00", "2027-01-02T03:04:05Z"),
        ("2026-11-23 20:36:04.123456789 +0000 UTC", "2027-01-02T03:04:05Z"),
        ("2026-11-23 20:36:04,123 INFO", "2027-01-02 03:04:05,999 INFO"),
        ("Date: Mon, 23 Nov 2026 20:36:04 GMT", "Date: Fri, 01 Jan 2027 03:04:05 GMT"),
        ("Mon, 23 Nov 2026 20:36:04 +0000", "Fri, 01 Jan 2027 03:04:05 GMT"),
        ("Built: Tue Nov  3 10:00:00 2026", "Built: Wed Dec 23 11:59:59 2026"),
        ("[23/Nov/2026:20:36:04 +0000] x", "[01/Jan/2027:00:00:00 +0100] x"),
        ("root root 12 Nov 23 20:36 main.py", "root root 12 Jan  3  2027 main.py"),
        ("12.3kB / 1.2GB", "0B / 7.6GiB"),
        ("0.00%", "12,5 %"),
        ("5,9 GB", "6.02 GB"),
        ("1.1 TB", "3 PB"),
        ("205M\t/app", "1.2G\t/app"),
        ("4.0K\t/app\n12M\t/", "8.0K\t/app\n9M\t/"),
        ("[::1]:8000->8000/tcp", "[::1]:41237->8000/tcp"),
        ("[::]:8000->8000/tcp, :::8000->8000/tcp", "[::]:1->8000/tcp, :::2->8000/tcp"),
        ("127.0.0.1:8000-8001->80-81/tcp", "127.0.0.1:41237-41238->80-81/tcp"),
        ("172.17.0.2/16", "172.18.0.3/16"),
        ("fd00:dead:beef::2/64", "fd12:3456::1/64"),
        ("fe80::42:acff:fe11:2", "fe80::1"),
        ("2001:db8:1::242:ac11:2", "2001:db8::7"),
        ("02:42:ac:11:00:02", "02:42:10:12:00:03"),
        ("/tmp/tmpab12_x9z/x", "/tmp/tmp00000000/x"),
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
        ("<td>NaN</td>", "<td>0.5</td>"),
        ("<td>inf</td>", "<td>0.5</td>"),
        ("<td>-0.5</td>", "<td>none</td>"),
        ("FinishedAt 0001-01-01T00:00:00Z", "FinishedAt 2026-11-23T20:36:04Z"),
        ("process 1", "process 7"),
        ("named news_aggregator", "named news_reader"),
        ("pip 10.0.1", "pip 10.0.2"),
        ("exit code 12", "exit code 13"),
        ("accededeface", "defacedabbed"),
        ("step 3 of 12", "step 4 of 12"),
        ("Up 2 minutes (healthy)", "Up 2 minutes (unhealthy)"),
        ("Exited (0) 3 seconds ago", "Exited (137) 3 seconds ago"),
        ("-m 512M web", "-m 256M web"),
        ("127.0.0.1:8000->8000/tcp", "127.0.0.1:8000->8001/tcp"),
        ("[::1]:8000->8000/tcp", "127.0.0.1:8000->8000/tcp"),
        ("std::string", "std::vector"),
        ("1m tall", "2m tall"),
        ("version 1e5", "version 2e5"),
        ("Nov", "Dec"),
        ("1,2 and 3", "1,3 and 3"),
        ("x,3 apples", "x,4 apples"),
    ],
)
def test_must_not_differ(stored: str, fresh: str) -> None:
    assert sanitise(stored) != sanitise(fresh)


# Each is repeated without end in one line, or in many.
UNITS = [
    "1", "a", "x", "af", "a1", "0123456789abcdef", " ", "\t", "-", "_", ".", ",", "/", ":", "\r", "\n", " \n", "\n\t1",
    "1,", "1.", "123,", "1 ", "-1.1", "1e-", "1h", "1m", "1 min ", "12:", "02:", "::1:", "fe80:", "2026-11-23", "10.",
    "/a", "/a+", "a.b/", "/dockerlab-", "/tmp/tmp", "<svg ", "<svg></svg>", '<div role="img" aria-label=', "width: 1",
    "Figure: x ", "Docker Engine 1.1 (", "Base image: ", "sha256:", "0x1", "Mon, ", "Nov ", "Port 1 ", "x-session1",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=repr)
def test_four_times_the_text_takes_no_more_than_about_four_times_as_long(unit: str) -> None:
    """A line of millions of characters must not keep nbval busy for hours, whatever it consists of."""

    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        began = time.process_time()
        sanitise(text)
        return time.process_time() - began

    small, large = (min(seconds(length) for _ in range(2)) for length in (5_000, 20_000))
    assert large < 12 * small
