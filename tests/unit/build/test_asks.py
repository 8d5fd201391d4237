"""What the steps of a Dockerfile ask of the context; test_xray_travels.py compares with what BuildKit sends."""

import pytest

from dockerlab.build.asks import IMAGE, MOUNT, STAGE, Plan, missing, selected

PATHS = ("a.py", "b.txt", "d/a.py", "d/e/c.txt", "link", "way", "up")
LINKS = {"link": "d/e", "way": "/b.txt", "up": "../../b.txt"}


def plan(text, arguments=None, target=""):
    return Plan.of(text, arguments or {}, target)


@pytest.mark.parametrize(
    ("dockerfile", "asks"),
    [
        ("FROM x\nCOPY . .", [(2, ("",), IMAGE)]),
        ("FROM x\nCOPY ./a.py d/ /to/", [(2, ("a.py", "d"), IMAGE)]),
        ('FROM x\nADD ["a b", "/to/"]', [(2, ("a b",), IMAGE)]),
        ("FROM x\nCOPY ../../b.txt .", [(2, ("b.txt",), IMAGE)]),
        ("FROM x\nADD https://e.org/x git@e.org:a/b.git b.txt .", [(2, ("b.txt",), IMAGE)]),
        ("FROM x\nCOPY <<E b.txt /to/\ntext\nE\n", [(2, ("b.txt",), IMAGE)]),
        ("FROM x\nCOPY <<E /to\ntext\nE\n", []),
        ("FROM x\nARG D=d\nENV E=$D/e\nCOPY ${E} .", [(4, ("d/e",), IMAGE)]),
        ("FROM x\nRUN --mount=type=bind,source=d,target=/d make", [(2, ("d",), MOUNT)]),
        ("FROM x\nRUN --mount=target=/d make", [(2, ("",), MOUNT)]),
        ("FROM x\nRUN --mount=type=cache,target=/c --mount=type=secret,id=t make", []),
        ("FROM x AS b\nCOPY d /d\nFROM x\nCOPY --from=b /d /d\nCOPY a.py .",
         [(2, ("d",), STAGE), (5, ("a.py",), IMAGE)]),
        ("FROM x AS b\nCOPY d /d\nFROM b\nCOPY a.py .", [(2, ("d",), IMAGE), (4, ("a.py",), IMAGE)]),
        ("FROM x AS b\nCOPY d /d\nFROM x\nCOPY a.py .", [(4, ("a.py",), IMAGE)]),
        ("FROM x AS b\nCOPY d /d\nFROM x\nRUN --mount=from=b,target=/d true", [(2, ("d",), STAGE)]),
        ("FROM x AS b\nONBUILD COPY d /d\nFROM b", [(2, ("d",), IMAGE)]),
        ("FROM x\nRUN true", []),
    ],
)  # fmt: skip
def test_what_is_asked_for_and_where_it_goes(dockerfile, asks):
    found = plan(dockerfile)
    assert [(ask.line, ask.sources, ask.lands) for ask in found.asks] == asks
    assert found.not_known == ""


@pytest.mark.parametrize(
    ("dockerfile", "why"),
    [
        ("FROM x\nCOPY $SRC .", "line 2: it depends on SRC, which has no value here"),
        ("FROM x\nARG SRC\nCOPY ${SRC}/a d .", "line 3: it depends on SRC, which has no value here"),
        ("FROM x\nARG TARGETARCH\nCOPY bin-$TARGETARCH /", "line 3: it depends on TARGETARCH, which has no value here"),
        ("FROM x\nRUN --mount=target=/d,source=$SRC make", "line 2: it depends on SRC, which has no value here"),
        ("FROM x AS arm\nFROM $TARGETARCH\nCOPY d .", "a FROM depends on TARGETARCH, which has no value here"),
        ("ARG BASE\nFROM $BASE\nCOPY d .", "a FROM names no image"),
        ("FROM x\nCOPY [a .", "line 2: [a is not a pattern: a [ is not closed"),
        ("FROM x\nCOPPY . .", "the Dockerfile cannot be read on line 2: there is no instruction COPPY"),
        ("COPY . .", "the Dockerfile cannot be read on line 1: COPY stands before the first FROM"),
        ("FROM scratch\nCOPY ${A:?none} .", "the Dockerfile cannot be read on line 2: A: none"),
        ("", "the Dockerfile cannot be read on line 1: it has no FROM"),
    ],
)
def test_what_nobody_can_know_is_said_and_not_guessed(dockerfile, why):
    assert plan(dockerfile).not_known == why


def test_a_value_a_target_and_a_stage_decide():
    assert plan("FROM x\nARG SRC\nCOPY $SRC .", {"SRC": "d"}).asks[0].sources == ("d",)
    assert plan("FROM scratch\nCOPY $SRC /").asks[0].sources == ("",), "no image sets it, so it is empty"
    two = "FROM x AS a\nCOPY d .\nFROM x AS b\nCOPY e ."
    assert [plan(two, target=target).asks[0].sources for target in ("a", "b", "")] == [("d",), ("e",), ("e",)]
    assert "it has no stage c" in plan(two, target="c").not_known


@pytest.mark.parametrize(
    ("dockerfile", "sends_all"),
    [
        ("FROM x\nCOPY . .", True),
        ("FROM x\nCOPY $SRC .\nCOPY . .", True),  # whatever SRC is, everything travels
        ("FROM x\nRUN --mount=type=tmpfs,target=/t make\nCOPY d .", True),  # a habit of BuildKit's
        ("FROM x\nRUN --mount=type=tmpfs,target=/t make", False),
        ("FROM x\nRUN --mount=type=tmpfs,target=/t --mount=source=d,target=/d make", True),
        ("FROM x\nCOPY * .", False),
    ],
)
def test_when_the_whole_context_is_asked_for(dockerfile, sends_all):
    assert plan(dockerfile).sends_all is sends_all


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([""], PATHS),
        (["d"], ["d/a.py", "d/e/c.txt"]),
        (["d/e"], ["d/e/c.txt"]),
        (["*.py"], ["a.py"]),
        (["*/*.py"], ["d/a.py"]),
        (["[ab].*"], ["a.py", "b.txt"]),
        (["none"], []),
        (["link"], ["link", "d/e/c.txt"]),
        (["link/c.txt"], ["link", "d/e/c.txt"]),
        (["way"], ["way", "b.txt"]),
        (["up"], ["up", "b.txt"]),
        (["l*"], ["link", "d/e/c.txt"]),
        (["l*/c.txt"], ["d/e/c.txt"]),
        (["a.py", "way"], ["a.py", "way", "b.txt"]),
    ],
)
def test_which_paths_a_source_selects(sources, expected):
    assert selected(sources, PATHS, LINKS) == set(expected)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [(["*/*.py"], PATHS), (["d/*.py"], ["d/a.py"]), (["l*/c.txt"], ["link", "d/e/c.txt"])],
)
def test_a_wildcard_that_matches_a_link_sends_more(sources, expected):
    assert selected(sources, PATHS, LINKS, sent=True) == set(expected)


def test_links_that_run_in_a_circle_end():
    assert selected(["a"], ["a", "b", "c"], {"a": "b", "b": "a"}) == {"a", "b"}


def test_a_source_that_is_not_there_is_missing_and_a_pattern_is_not():
    assert missing(["", "none", "n*", "d", "x/y"], PATHS, {}) == ["none", "x/y"]
