"""The six images of the running example: built, run and asked for real."""

import shlex
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from dockerlab.build import build
from dockerlab.engine.labels import clean
from dockerlab.errors import DockerCommandFailed
from dockerlab.image import ImageReader
from dockerlab.paths import project_root
from dockerlab.run import Container, docker_command

pytestmark = pytest.mark.engine

RUN = "test-images"


@dataclass(frozen=True)
class Variant:
    dockerfile: str
    user: int = 0
    has_health: bool = False
    has_compiler: bool = False

    @property
    def tag(self) -> str:
        suffix = self.dockerfile.partition(".")[2] or "basic"
        return f"dockerlab-test-news-api:{suffix}"

    @property
    def container(self) -> str:
        return self.tag.replace(":", "-")


VARIANTS = [
    Variant("Dockerfile"),
    Variant("Dockerfile.poor-order"),
    Variant("Dockerfile.optimized", user=1000, has_health=True),
    Variant("Dockerfile.toolchain", has_compiler=True),
    Variant("Dockerfile.multi-stage", user=1000, has_health=True),
    Variant("Dockerfile.lean", user=1000, has_health=True),
]
WITH_HEALTH = [variant for variant in VARIANTS if variant.has_health]
BASIC, *OTHERS = VARIANTS


def by_dockerfile(variants):
    return pytest.mark.parametrize("variant", variants, ids=lambda variant: variant.dockerfile)


@pytest.fixture(scope="module", autouse=True)
def images(engine, tmp_path_factory):
    """All six images, built from a copy of the lab in which things lie about that do not belong in an image."""
    clean(engine, RUN)
    folder = tmp_path_factory.mktemp("images") / "news-api"
    shutil.copytree(project_root() / "labs" / "news-api", folder, ignore=shutil.ignore_patterns("__pycache__", "*.db"))
    for name in STRAY:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("does not belong in an image\n")
    try:
        for variant in VARIANTS:
            build(f"-f {variant.dockerfile} -t {variant.tag} .", engine=engine, cwd=folder, run=RUN)
        yield folder
    finally:
        clean(engine, RUN)


@pytest.fixture(scope="module")
def layers(engine, images):
    """What the images consist of: Dockerfile -> Image. Read once, for it takes a while."""
    read = ImageReader(engine).read(*[variant.tag for variant in VARIANTS])
    return {variant.dockerfile: read[variant.tag] for variant in VARIANTS}


@pytest.fixture(scope="module")
def containers(engine, images):
    """A container of each image, running and published on a free port of loopback."""
    for variant in VARIANTS:
        docker_command(f"run -d --name {variant.container} -p 127.0.0.1::8000 {variant.tag}", engine=engine, run=RUN)
    for variant in VARIANTS:
        Container(variant.container, engine).ask("/health")


@pytest.fixture
def start(engine, images):
    """A function that starts a container of a variant with more options; it is removed after the test."""
    names = []

    def started(variant: Variant, options: str = "") -> str:
        name = f"{variant.container}-{time.time_ns()}"
        names.append(name)
        docker_command(f"run -d --name {name} -p 127.0.0.1::8000 {options} {variant.tag}", engine=engine, run=RUN)
        return name

    yield started
    for name in names:
        docker_command(f"rm -f -v {name}", engine=engine)


def in_container(engine, container: str, command: str) -> str:
    return docker_command(f"exec {container} sh -c {shlex.quote(command)}", engine=engine).strip()


# -- what they answer -------------------------------------------------------------------------------------------

PATHS = [
    "/",
    "/health",
    "/articles",
    "/articles?q=docker&limit=2&offset=1",
    "/articles?source=2",
    "/articles/1",
    "/sources",
    "/articles/999999",  # 404
    "/articles?limit=0",  # 422
    "/nowhere",  # 404
]


@by_dockerfile(OTHERS)
def test_every_image_answers_as_the_basic_one(engine, containers, variant):
    for path in PATHS:
        wanted = Container(BASIC.container, engine).ask(path)
        got = Container(variant.container, engine).ask(path)
        assert (got.status, got.body) == (wanted.status, wanted.body), path


@by_dockerfile(VARIANTS)
def test_a_refresh_adds_nothing_twice(engine, containers, variant):
    address = Container(variant.container, engine).ask("/sources").url.removesuffix("/sources")
    before = requests.get(f"{address}/articles", timeout=60).json()["total"]
    reply = requests.post(f"{address}/refresh", timeout=60)
    assert (reply.status_code, reply.json()["added"]) == (200, 0)
    assert requests.get(f"{address}/articles", timeout=60).json()["total"] == before > 0


# -- who they run as --------------------------------------------------------------------------------------------


@by_dockerfile(VARIANTS)
def test_the_server_runs_as_the_user_promised(engine, containers, variant):
    # Of process 1, not of a command run beside it.
    owner = in_container(engine, variant.container, "awk '/^Uid:/ {print $2}' /proc/1/status")
    assert int(owner) == variant.user


@by_dockerfile([variant for variant in VARIANTS if variant.user])
@pytest.mark.parametrize("path", ["/etc/passwd", "/usr/local/bin/python", "/new-file", "/usr/local/new-file"])
def test_a_user_cannot_write_outside_the_app(engine, containers, variant, path):
    with pytest.raises(DockerCommandFailed, match="Permission denied"):
        in_container(engine, variant.container, f": >> {path}")
    in_container(engine, variant.container, "touch /app/new-file && rm /app/new-file")  # SQLite's file lies here


# -- what is in them --------------------------------------------------------------------------------------------

STRAY = [
    ".env",
    ".env.production",
    ".git/HEAD",
    ".venv/pyvenv.cfg",
    ".vscode/settings.json",
    "__pycache__/stray.cpython-311.pyc",
    "feeds/__pycache__/stray.cpython-311.pyc",
    "docs/page.md",
    "README.md",
    "news_aggregator.db",
    "server.log",
    "tests/test_stray.py",
    "tmp/scratch.txt",
]


def test_nothing_that_is_ignored_gets_into_an_image(layers):
    for dockerfile, image in layers.items():
        paths = {entry.path.rstrip("/") for layer in image.layers for entry in layer.entries}
        assert "app/main.py" in paths, dockerfile
        assert not {f"app/{name}" for name in STRAY} & paths, dockerfile
        assert not {path for path in paths if path.startswith("app/Dockerfile")}, dockerfile


@by_dockerfile(VARIANTS)
def test_the_compiler_is_only_where_promised(engine, containers, variant):
    assert in_container(engine, variant.container, "command -v gcc || true") == (
        "/usr/bin/gcc" if variant.has_compiler else ""
    )


def test_leaving_the_compiler_behind_pays_and_the_textbook_pair_gains_nothing(layers):
    size = {dockerfile: image.size_bytes for dockerfile, image in layers.items()}
    assert size["Dockerfile.toolchain"] / size["Dockerfile.multi-stage"] >= 1.7
    assert size["Dockerfile.optimized"] / size["Dockerfile"] == pytest.approx(1, abs=0.1)
    assert min(size, key=size.get) == "Dockerfile.lean"


# -- how they stop, and how healthy they are --------------------------------------------------------------------

LONGEST_SECONDS = 300
# On a busy machine the server takes long to start, and a check long to end: neither makes it unhealthy here.
PATIENT = "--health-interval=1s --health-timeout=60s --health-retries=120"


@by_dockerfile(VARIANTS)
def test_the_stop_signal_stops_the_server_cleanly(engine, start, variant):
    name = start(variant, f"--stop-timeout={LONGEST_SECONDS}")  # on a busy machine, Docker's 10 s may not do
    Container(name, engine).ask("/health")
    _, exit_code = Container(name, engine).stop()
    assert exit_code == 0  # 137 is what Docker's kill leaves
    assert "Application shutdown complete" in docker_command(f"logs {name}", engine=engine)


@by_dockerfile(WITH_HEALTH)
def test_a_container_becomes_healthy(engine, start, variant):
    seen = Container(start(variant, PATIENT), engine).watch_health("healthy", timeout=LONGEST_SECONDS)
    assert list(seen["health"]) == ["starting", "healthy"]


@by_dockerfile(WITH_HEALTH)
def test_a_container_behind_a_proxy_becomes_healthy(engine, start, variant):
    # Docker gives containers these variables for the proxies in a reader's config.json. Nobody listens on port 9.
    names = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy")
    name = start(variant, " ".join([PATIENT, *(f"-e {n}=http://127.0.0.1:9" for n in names)]))
    seen = Container(name, engine).watch_health("healthy", timeout=LONGEST_SECONDS)
    assert list(seen["health"]) == ["starting", "healthy"]


@by_dockerfile(WITH_HEALTH)
def test_a_container_without_its_database_becomes_unhealthy(engine, start, variant):
    # Nobody listens on port 1.
    options = "--health-interval=1s --health-start-period=0s -e DATABASE_URL=postgresql://news@127.0.0.1:1/news"
    name = start(variant, options)
    seen = Container(name, engine).watch_health("unhealthy", timeout=LONGEST_SECONDS)
    assert list(seen["health"]) == ["starting", "unhealthy"]
    reply = Container(name, engine).ask("/health")
    assert (reply.status, reply.body["error"]["status"]) == (503, 503)


@by_dockerfile(WITH_HEALTH)
def test_the_health_check_is_the_textbooks(engine, images, variant):
    check = engine.client().images.get(variant.tag).attrs["Config"]["Healthcheck"]
    assert {key: check[key] / 1e9 for key in ("Interval", "Timeout", "StartPeriod")} == {
        "Interval": 30,
        "Timeout": 3,
        "StartPeriod": 5,
    }
    assert check["Retries"] == 3


def test_the_labs_dockerfiles_are_these():
    found = {path.name for path in (project_root() / "labs" / "news-api").glob("Dockerfile*")}
    assert found == {variant.dockerfile for variant in VARIANTS}


def test_each_builds_on_the_one_base(images: Path):
    for variant in VARIANTS:
        lines = (images / variant.dockerfile).read_text(encoding="utf-8").splitlines()
        bases = {line.split()[1] for line in lines if line.startswith("FROM ")}
        assert bases == {"python:3.11-slim"}, variant.dockerfile
