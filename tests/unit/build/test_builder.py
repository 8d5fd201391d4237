"""How a build is started, followed and ended: the docker command is a script."""

import json
import shlex
import signal
import threading
from dataclasses import replace

import pytest

from dockerlab.build import Build, build
from dockerlab.build.trace import BuildTrace
from dockerlab.engine.engine import Server
from dockerlab.errors import BuildCancelled, BuildFailed, EngineLost, EngineUnavailable
from tests.engines import engine_of
from tests.traces import trace_of, vertex

RECORD = {"vertexes": [vertex("[1/3] FROM x", 0, 1), vertex("[2/3] COPY a /", 1, 1, cached=True)]}
FINISHED = {"vertexes": [vertex("[3/3] RUN make", 1, 3.5)]}
SAY = f"echo {shlex.quote(json.dumps(RECORD))} >&2; echo {shlex.quote(json.dumps(FINISHED))} >&2"
FACTS = {"containerimage.digest": "sha256:manifest", "containerimage.config.digest": "sha256:config"}
WRITE_FACTS = f"for a; do case $a in --metadata-file=*) echo '{json.dumps(FACTS)}' > \"${{a#*=}}\";; esac; done"
CONTAINERD = Server("29", "overlayfs (containerd)", "Debian")


class Recorder:
    """A watcher that notes what it is told."""

    def __init__(self):
        self.steps, self.closed = [], 0

    def update(self, trace):
        self.steps.append(len(trace.steps()))

    def close(self):
        self.closed += 1


def test_a_build_is_followed_to_its_end(tmp_path):
    watcher = Recorder()
    engine, clock = engine_of(f"{SAY}; {WRITE_FACTS}", tmp_path), iter([5.0, 7.5]).__next__
    done = build("-t 'a b' .", engine=engine, cwd=tmp_path, watcher=watcher, clock=clock)
    assert done.seconds == 2.5
    assert (done.command, done.image_id) == ("docker build -t 'a b' .", "sha256:config")
    assert (done.ran, done.cached) == (["RUN make"], ["COPY a /"])
    assert watcher.steps[0] in (2, 3)
    assert watcher.closed == 1


def test_it_is_shown_also_while_a_step_says_nothing(tmp_path):
    class Patient(Recorder):
        def update(self, trace):
            super().update(trace)
            if len(self.steps) == 4:
                (tmp_path / "seen").touch()

    watcher = Patient()
    engine = engine_of(f"{SAY}; while [ ! -e {tmp_path}/seen ]; do sleep 0.05; done; {WRITE_FACTS}", tmp_path)
    build(".", engine=engine, cwd=tmp_path, watcher=watcher, limit=120)
    assert len(watcher.steps) >= 4


@pytest.mark.parametrize(
    ("server", "script", "image_id"),
    [
        (Server("28", "overlay2", ""), WRITE_FACTS, "sha256:config"),
        (CONTAINERD, WRITE_FACTS, "sha256:manifest"),
        (CONTAINERD, WRITE_FACTS.replace("containerimage.digest", "other"), "sha256:config"),
        (CONTAINERD, "true", ""),
    ],
)
def test_the_image_id_is_the_one_of_the_engine_s_store(tmp_path, server, script, image_id):
    assert build(".", engine=replace(engine_of(script, tmp_path), server=server), cwd=tmp_path).image_id == image_id


# What buildx 0.29.1 writes to its metadata file, and which ID `docker image inspect` then gives the tag. In the second
# case `docker build -q` prints the config's digest, by which that engine knows no image.
CONFIG, MANIFEST, INDEX = ("sha256:" + digit * 64 for digit in "5c2")
RECORDED = {
    "overlay2": (
        "overlay2",
        {
            "buildx.build.ref": "default/default/x5e9hgyyzhyl3vhxlry30ekhd",
            "containerimage.config.digest": CONFIG,
            "containerimage.digest": CONFIG,
            "image.name": "docker.io/library/x:1",
        },
        CONFIG,
    ),
    "containerd": (
        "overlayfs (containerd)",
        {
            "buildx.build.ref": "default/default/cai4z93v59yaln8b0spyra98z",
            "containerimage.config.digest": CONFIG,
            "containerimage.descriptor": {
                "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                "digest": MANIFEST,
                "size": 1463,
                "platform": {"architecture": "amd64", "os": "linux"},
            },
            "containerimage.digest": MANIFEST,
            "image.name": "docker.io/library/x:1",
        },
        MANIFEST,
    ),
    "containerd, with an attestation": (
        "overlayfs (containerd)",
        {
            "containerimage.descriptor": {
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "digest": INDEX,
                "size": 856,
            },
            "containerimage.digest": INDEX,
            "image.name": "docker.io/library/x:2",
        },
        INDEX,
    ),
    "containerd, without a tag": (
        "overlayfs (containerd)",
        {
            "containerimage.config.digest": CONFIG,
            "containerimage.digest": MANIFEST,
            "image.name": f"moby-dangling@{MANIFEST}",
        },
        MANIFEST,
    ),
    "into a folder": ("overlay2", {"buildx.build.ref": "default/default/x5e9hgyyzhyl3vhxlry30ekhd"}, ""),
}


@pytest.mark.parametrize("case", RECORDED)
def test_the_image_id_is_what_inspect_says_of_the_tag(tmp_path, case):
    store, facts, image_id = RECORDED[case]
    (tmp_path / "facts.json").write_text(json.dumps(facts))
    script = f'for a; do case $a in --metadata-file=*) cp {tmp_path}/facts.json "${{a#*=}}";; esac; done'
    engine = replace(engine_of(script, tmp_path), server=Server("28.5.2", store, "Debian"))
    assert build("-t x:1 .", engine=engine, cwd=tmp_path).image_id == image_id


@pytest.mark.parametrize("option", ["--metadata-file=mine.json", "--metadata-file mine.json"])
def test_a_reader_s_own_metadata_file_is_written_and_the_image_id_known(tmp_path, option):
    find_file = 'for a; do case $a in --metadata-file=*) f="${a#*=}";; *.json) f="$a";; esac; done'
    script = f"{find_file}; echo '{json.dumps(FACTS)}' > \"$f\""
    done = build(f"{option} .", engine=engine_of(script, tmp_path), cwd=tmp_path)
    assert json.loads((tmp_path / "mine.json").read_text()) == FACTS
    assert done.image_id == "sha256:config"


@pytest.mark.parametrize(
    ("arguments", "loads"),
    [
        ("-t x .", True),
        ("--load .", False),
        ("--output=type=cacheonly .", False),
        ("-o out .", False),
        ("--push .", False),
    ],
)
def test_what_docker_is_told(tmp_path, arguments, loads):
    told = tmp_path / "told"
    engine = engine_of(f'echo "$BUILDX_NO_DEFAULT_ATTESTATIONS" "$@" > {told}', tmp_path)
    build(arguments, engine=engine, cwd=tmp_path, run="some-run")
    words = told.read_text().split()
    assert words[:4] == ["1", "buildx", "build", "--progress=rawjson"]
    assert "--label=dockerlab.run=some-run" in words
    assert words[-len(arguments.split()) :] == arguments.split()
    assert ("--load" in words[: -len(arguments.split())]) == loads


@pytest.mark.parametrize(
    "arguments",
    ["-", "https://example.org/x.git", "git@example.org:x", ". -t x", "--file=a . --no-cache", "", "nowhere"],
)
def test_docker_alone_reads_the_arguments(tmp_path, arguments):
    engine = engine_of(f'echo "$*" > {tmp_path}/asked', tmp_path)
    build(arguments, engine=engine, cwd=tmp_path)
    assert (tmp_path / "asked").read_text().strip().endswith(f"--load {arguments}".strip())


@pytest.mark.parametrize(
    ("script", "expected", "said"),
    [
        (f"{SAY}; [ $1 = version ] || {{ echo 'ERROR: failed to solve: odd' >&2; exit 1; }}", BuildFailed, "odd"),
        ("exit 1", EngineLost, "went away during the build"),
    ],
)
def test_a_failure_is_raised(tmp_path, script, expected, said):
    watcher = Recorder()
    with pytest.raises(expected, match=said):
        build(".", engine=engine_of(script, tmp_path), cwd=tmp_path, watcher=watcher)
    assert watcher.closed == 1


def test_without_docker_there_is_no_build(tmp_path):
    engine = engine_of("true", tmp_path)
    (tmp_path / "docker").unlink()
    with pytest.raises(EngineUnavailable):
        build(".", engine=engine, cwd=tmp_path)


@pytest.fixture
def interruptible():
    """SIGINT interrupts, even if a script has started the tests in the background."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


class Stops(Recorder):
    """A watcher that ends the build."""

    def update(self, trace):
        raise LookupError("seen enough")


@pytest.mark.parametrize(("by", "expected"), [("interrupt", BuildCancelled), ("watcher", LookupError)])
def test_a_build_that_is_ended_early_stops_in_the_engine_too(tmp_path, monkeypatch, interruptible, by, expected):
    ended, stopped = tmp_path / "ended", []
    engine = engine_of(f"trap 'echo > {ended}; exit 1' TERM; {SAY}; while :; do sleep 0.05; done", tmp_path)
    monkeypatch.setattr(type(engine), "stop_builds", lambda self: stopped.append(self))
    watcher = Stops() if by == "watcher" else Recorder()
    if by == "interrupt":
        interrupt = threading.Timer(0.2, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
        watcher.update = lambda trace: interrupt.ident or interrupt.start()
    with pytest.raises(expected) as caught:
        build(".", engine=engine, cwd=tmp_path, watcher=watcher)
    assert (ended.exists(), stopped, watcher.closed) == (True, [engine], 1)
    if by == "interrupt":
        assert caught.value.trace.instructions()[0].instruction == "FROM x"


def test_a_build_as_a_table():
    done = Build("docker build .", "", trace_of(RECORD, FINISHED), 3.6)
    assert done.steps.to_dict("records") == [
        {"stage": "", "step": "1/3", "instruction": "FROM x", "state": "DONE", "seconds": 1.0},
        {"stage": "", "step": "2/3", "instruction": "COPY a /", "state": "CACHED", "seconds": 0.0},
        {"stage": "", "step": "3/3", "instruction": "RUN make", "state": "DONE", "seconds": 2.5},
    ]


def test_a_build_without_steps_still_has_the_columns():
    steps = Build("docker build .", "", BuildTrace(), 0.1).steps
    assert [*steps.columns] == ["stage", "step", "instruction", "state", "seconds"]
    assert steps.empty
