"""A build over time, drawn: as text and as HTML, alone and beside another."""

import gzip
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from dockerlab.build import Build
from dockerlab.build.timeline import read_schedule, schedule
from dockerlab.show.build_words import finding
from dockerlab.show.gantt import COLUMNS, gantt
from dockerlab.show.shown import view
from tests.traces import CONTEXT, trace_of, transfer, vertex

STREAMS = Path(__file__).parents[1] / "build/streams"
RECORDINGS = sorted(f"{file.parent.name}/{file.stem}" for file in STREAMS.glob("*/*.gz"))
LEFT, RIGHT, JOIN = "[left 1/1] RUN left", "[right 1/1] RUN right", "[last 2/2] COPY --from=left"
LOAD, FROM = "[internal] load build definition from Dockerfile", "[last 1/2] FROM x"


def needs(*names):
    return {"inputs": [f"sha256:{name}" for name in names]}


def build_of(*vertexes, **more):
    return Build("docker build .", "", trace_of({"vertexes": list(vertexes), **more}), 1.0)


STAGES = (
    vertex(LOAD, 0, 1),
    vertex(FROM, 1, 1, cached=True),
    vertex(LEFT, 1, 5),
    vertex(RIGHT, 1, 7),
    vertex(JOIN, 8, 9, **needs(FROM, LEFT, RIGHT)),
    vertex("exporting to image", 9, 10),
)


def test_the_chart_in_plain_text():
    assert str(gantt(build_of(*STAGES))).splitlines() == [
        "10.0 s, 4.00 s of it in parallel; right 1/1 RUN right decides, with 6.00 s on the critical path",
        "                                                    0       2       4       6       8    10 s",
        "BuildKit",
        "* [internal] load build definition from Dockerfile  ████                                      1.00 s",
        "Stage left",
        "  1/1 RUN left                                          ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒                      4.00 s",
        "Stage right",
        "* 1/1 RUN right                                         █████████████████████████             6.00 s",
        "Stage last",
        "  1/2 FROM x                                            |                                     BASE",
        "* 2/2 COPY --from=left                                                          ····█████     1.00 s",
        "BuildKit, at the end",
        "* exporting to image                                                                    █████ 1.00 s",
        "  █ on the critical path (*)   ▒ beside it   · waiting   | from the cache",
        "Critical path: 9.00 s in 4 steps; for 1.00 s nothing on it ran.",
        "All steps together took 13.0 s: 1.30 at a time on average.",
    ]


@pytest.mark.parametrize(
    ("vertexes", "said"),
    [
        (
            [vertex(LEFT, 0, 2)],
            "2.00 s, one step at a time; left 1/1 RUN left decides, with 2.00 s on the critical path",
        ),
        (
            [vertex(LEFT, 0, 1), vertex(JOIN, 5, 6, **needs(LEFT))],
            "6.00 s, one step at a time; for 4.00 s nothing on the critical path ran",
        ),
        ([vertex(LOAD, 0, 1), vertex(LEFT, 1, 1, cached=True)], "1.00 s: every step came from the cache"),
        ([vertex(LEFT, 0, 1, error="x")], "Failed after 1.00 s: left 1/1 RUN left"),
        ([vertex(LEFT, 0, 1, error="context canceled")], "Cancelled after 1.00 s, during left 1/1 RUN left"),
        ([vertex(LEFT, 0), vertex(RIGHT, 0, 1)], "Not finished: the records stop after 1.00 s, in left 1/1 RUN left"),
        ([vertex(LOAD, 0, 1), vertex(LEFT)], "Not finished: the records stop after 1.00 s"),
        ([], "0.00 s: no step took any time"),
    ],
)
def test_the_finding(vertexes, said):
    assert finding(schedule(trace_of({"vertexes": vertexes}))) == said


def test_what_happened_before_any_step_failed():
    found = schedule(trace_of({"vertexes": [vertex(LOAD, 0, 1)]}), ["ERROR: failed to solve: dockerfile parse error"])
    assert str(gantt(found)).startswith("Failed after 1.00 s, before any step did\n")
    assert str(gantt(found)).endswith("until then.\nERROR: failed to solve: dockerfile parse error")


def test_the_context_is_told_with_its_bytes():
    build = build_of(vertex(CONTEXT, 0, 2), statuses=[transfer("transferring context:", 5_000_000)])
    assert "The build context: 5 MB in 2.00 s." in str(gantt(build))


def test_in_html_every_row_opens_to_its_figures():
    page = BeautifulSoup(gantt(build_of(*STAGES)).to_html(), "html.parser")
    assert page.figcaption.get_text().startswith("10.0 s, 4.00 s of it in parallel")
    assert page.select_one("[role=group]")["aria-label"] == "Gantt chart of 6 steps over 10.0 s"
    rows = {row.code.get_text(): row for row in page.find_all("details")}
    row = rows["2/2 COPY --from=left"]
    assert row.summary["title"] == "8.00 s to 9.00 s: 1.00 s"
    assert row.find("p").get_text("\n").splitlines() == [
        "8.00 s to 9.00 s: 1.00 s. It is on the critical path.",
        "Before that, it stood still for 1.00 s though all it needed had ended.",
        "It needs last 1/2 FROM x, left 1/1 RUN left, right 1/1 RUN right.",
    ]
    span = row.find(class_="dl-span")["style"]
    assert "left:80.00%" in span
    assert "width:10.00%" in span
    assert row.abbr["title"] == "on the critical path"
    assert not rows["1/1 RUN left"].abbr
    assert rows["1/2 FROM x"].summary["title"] == "from the cache"
    assert rows["1/2 FROM x"].find(class_="dl-point")


def test_a_build_and_its_schedule_are_drawn_alike():
    build = build_of(*STAGES)
    found = schedule(build.trace)
    assert view(found)._repr_mimebundle_() == gantt(build)._repr_mimebundle_() == gantt(found)._repr_mimebundle_()


FIRST = build_of(vertex(LEFT, 0, 6), vertex(RIGHT, 0, 2))
SECOND = build_of(vertex(LEFT, 0, 0, cached=True), vertex(RIGHT, 0, 3))


def test_two_builds_have_one_scale_and_a_list_of_differences():
    lines = str(gantt(FIRST, SECOND, ("a.json", "b.json"))).splitlines()
    assert lines[0] == "3.00 s quicker: 6.00 s, then 3.00 s; the largest difference is −6.00 s in left 1/1 RUN left"
    axes = [line for line in lines if re.fullmatch(r" *0 .*6 s", line)]
    assert len(axes) == 2
    assert axes[0] == axes[1]
    longest, shorter = (line.count("█") for line in lines if line.startswith("* 1/1 RUN"))
    assert longest == pytest.approx(2 * shorter, abs=1)
    assert lines[2].startswith("a.json: 6.00 s, ")
    assert lines[lines.index("What differs:") + 1 :] == [
        "  left 1/1   RUN left   6.00 s  CACHED  −6.00 s",
        "  right 1/1  RUN right  2.00 s  3.00 s  +1.00 s",
    ]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (FIRST, FIRST, "Both took about 6.00 s"),
        (SECOND, FIRST, "3.00 s slower: 3.00 s, then 6.00 s; the largest difference is +6.00 s in left 1/1 RUN left"),
        (FIRST, build_of(vertex(LEFT, 0, 1, error="x")), "The second did not get to the end, so only single steps can"),
    ],
)
def test_the_finding_about_two(first, second, said):
    shown = gantt(first, second)
    assert str(shown).startswith(said)
    caption = BeautifulSoup(shown.to_html(), "html.parser").figcaption.get_text()
    assert caption.startswith(said)


def test_nothing_differs():
    assert str(gantt(FIRST, FIRST)).endswith("No step differs by much.")
    assert "No step differs by much." in gantt(FIRST, FIRST).to_html()


@pytest.mark.parametrize("recording", RECORDINGS)
def test_every_recorded_build_can_be_drawn(recording, tmp_path):
    (tmp_path / "x").write_bytes(gzip.decompress((STREAMS / f"{recording}.gz").read_bytes()))
    found = read_schedule(tmp_path / "x")
    for shown in (gantt(found), gantt(found, found)):
        assert max(map(len, str(shown).splitlines())) <= COLUMNS
        page = BeautifulSoup(shown.to_html(), "html.parser")
        assert len(page.find_all("details")) in (len(found.bars), 2 * len(found.bars))


@pytest.mark.parametrize(
    "seconds", [1e-6, 0.004, 0.07, 0.9, 5, 59, 601, 86_000, 3e9], ids=lambda seconds: f"{seconds:g} s"
)
def test_an_axis_of_any_length(seconds):
    build = build_of({**vertex(LEFT, 0), "completed": _after(seconds)})
    lines = str(gantt(build)).splitlines()
    assert max(map(len, lines)) <= COLUMNS
    assert len(lines[lines.index("Stage left") - 1].split()) in range(3, 9)


def _after(seconds):
    """The moment that is this many seconds after the one that a vertex's times are counted from."""
    return (datetime(2026, 11, 23, 10, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\x1b[31mred\u202e", "$A and $B", "a\nb\r\nc", '"><img src=x>']
)
def test_names_are_text(text):
    hostile = build_of(
        vertex(f"[{text.replace(']', ')')} 1/2] RUN {text}", 0, 1),
        vertex(f"[2/2] RUN {text} 2", 1, 2),
        vertex(text, 0, 1),
    )
    for shown in (gantt(hostile), gantt(hostile, build_of(vertex(LEFT, 0, 9)), (text, text))):
        data, _ = shown._repr_mimebundle_()
        assert not set("\x1b\u202e\r") & set(data["text/plain"] + data["text/html"])
        page = BeautifulSoup(data["text/html"], "html.parser")
        assert not page.find(["script", "img"])
        assert not [attribute for element in page.find_all(True) for attribute in element.attrs if attribute == "src"]
