"""`docker compose` as typed: how it is taken apart, and what runs in its place. A script stands in for docker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dockerlab.engine.labels import labels
from dockerlab.errors import ComposeMissing, DockerCommandFailed, EngineLost
from dockerlab.run import docker_command
from dockerlab.run.compose import is_compose, prepare, read
from dockerlab.run.names import Names
from tests.engines import engine_of

MARKS = labels("test")
PROJECT = {
    "name": "shop",
    "services": {
        "api": {
            "image": "shop-api",
            "build": {"context": "/shop", "dockerfile": "Dockerfile"},
            "labels": {"mine": "1"},
            "ports": [
                {"mode": "ingress", "host_ip": "127.0.0.1", "target": 80, "published": "8000", "protocol": "tcp"},
                {"mode": "ingress", "host_ip": "127.0.0.1", "target": 53, "published": "5300", "protocol": "udp"},
                {"mode": "ingress", "host_ip": "127.0.0.1", "target": 81, "published": "8010-8012", "protocol": "tcp"},
                {"mode": "ingress", "host_ip": "127.0.0.1", "target": 82, "protocol": "tcp"},
                {"mode": "ingress", "target": 83, "published": "8020", "protocol": "tcp"},
            ],
        },
        "db": {"image": "postgres:17", "container_name": "store"},
        "job": {"build": {"context": "/shop"}, "profiles": ["tools"]},
    },
    "networks": {"default": {"name": "shop_default", "ipam": {}}, "others": {"name": "others", "external": True}},
    "volumes": {"data": {"name": "shop_data"}, "kept": {"name": "kept"}, "old": {"name": "old", "external": True}},
}


@pytest.mark.parametrize(
    ("typed", "options", "command"),
    [
        ("compose up -d", [], "up -d"),
        ("compose -f a.yaml --file b.yaml up -f", ["-f a.yaml", "--file b.yaml"], "up -f"),
        ("compose --file=a.yaml -fb.yaml -f=c.yaml ps", ["--file a.yaml", "-f b.yaml", "-f c.yaml"], "ps"),
        ("compose --profile tools --ansi never run --rm psql", ["--profile tools", "--ansi never"], "run --rm psql"),
        ("compose -p shop --dry-run up", ["-p shop", "--dry-run"], "up"),
        ("compose --project-directory .. --env-file x --compatibility down -v",
         ["--project-directory ..", "--env-file x", "--compatibility"], "down -v"),
        ("compose", [], ""),
        ("compose --version", ["--version"], ""),
        ("compose -f", ["-f"], ""),
    ],
)  # fmt: skip
def test_a_command_is_taken_apart(typed, options, command):
    found = read(typed.split())
    assert [f"{option.name} {option.value or ''}".strip() for option in found.options] == options
    assert " ".join(found.command) == command
    assert [word for option in found.options for word in option.words] == typed.split()[
        1 : len(typed.split()) - len(command.split())
    ]


@pytest.mark.parametrize(
    ("typed", "expected"), [("compose up", True), ("compose", True), ("run compose", False), ("", False)]
)
def test_a_command_for_compose_is_told(typed, expected):
    assert is_compose(typed.split()) is expected


def prepared(typed: str, tmp_path: Path, asked: list | None = None, **options):
    """What `prepare` makes of a command, and the file that it has written, if any."""

    def ask(words):
        if asked is not None:
            asked.append(words)
        return 0, json.dumps(PROJECT), "a warning\n"

    options = {"ask": ask, "run": "test", "cwd": Path("/home/ada"), "scratch": tmp_path} | options
    words, said = prepare(typed.split(), **options)
    file = tmp_path / "compose.json"
    return words, said, json.loads(file.read_text()) if file.exists() else None


@pytest.mark.parametrize(
    ("typed", "folder", "kept", "command"),
    [
        ("compose up -d", "/home/ada", [], "up -d"),
        ("compose -f sub/a.yaml -f b.yaml up", "/home/ada/sub", [], "up"),
        ("compose -f /else/a.yaml up", "/else", [], "up"),
        ("compose --project-directory /p -f a.yaml up", "/p", [], "up"),
        ("compose -p other --env-file e --profile tools run psql", "/home/ada", ["--profile", "tools"], "run psql"),
        ("compose --progress quiet build", "/home/ada", ["--progress", "quiet"], "build"),
    ],
)
def test_one_file_takes_the_place_of_the_learner_s(tmp_path, typed, folder, kept, command):
    asked: list[list[str]] = []
    words, said, _ = prepared(typed, tmp_path, asked)
    file = ["--project-directory", folder, "--project-name", "shop", "--file", str(tmp_path / "compose.json")]
    assert words == ["compose", *kept, *file, *command.split()]
    assert said == "a warning\n"
    options = typed.split()[1 : -len(command.split())]
    assert asked == [["compose", *options, "--profile", "*", "config", "--format", "json"]]


@pytest.mark.parametrize("name", ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"])
def test_the_project_s_folder_may_be_above(tmp_path, name):
    (tmp_path / "shop/deep/er").mkdir(parents=True)
    (tmp_path / "shop" / name).touch()
    words, *_ = prepared("compose up", tmp_path, cwd=tmp_path / "shop/deep/er")
    assert words[words.index("--project-directory") + 1] == str(tmp_path / "shop")


@pytest.mark.parametrize(
    "typed",
    ["compose version", "compose ls -a", "compose -f a.yaml config", "compose", "compose --help", "compose -h up"],
)
def test_a_command_that_needs_no_file_stays_as_it_was(tmp_path, typed):
    asked: list[list[str]] = []
    assert prepared(typed, tmp_path, asked) == (typed.split(), "", None)
    assert asked == []


def test_compose_itself_says_what_is_wrong_with_a_file(tmp_path):
    words, said, file = prepared("compose up", tmp_path, ask=lambda words: (15, "", "yaml: line 3: mapping"))
    assert (words, said, file) == (["compose", "up"], "", None)


def test_whatever_the_project_makes_gets_the_labels(tmp_path):
    _, _, project = prepared("compose up", tmp_path)
    services = project["services"]
    assert services["api"]["labels"] == {"mine": "1"} | MARKS
    assert services["api"]["build"]["labels"] == services["job"]["build"]["labels"] == MARKS
    assert [services[name]["labels"] for name in ("db", "job")] == [MARKS, MARKS]
    assert "build" not in services["db"]
    assert project["networks"]["default"] == {"name": "shop_default", "ipam": {}, "labels": MARKS}
    assert project["networks"]["others"] == {"name": "others", "external": True}
    assert project["volumes"] == {
        "data": {"name": "shop_data", "labels": MARKS},
        "kept": {"name": "kept", "labels": MARKS},
        "old": {"name": "old", "external": True},
    }


def test_a_port_that_somebody_else_has_is_replaced_on_loopback(tmp_path):
    _, _, project = prepared("compose up", tmp_path, publish=lambda port: port + 1)
    published = [port.get("published") for port in project["services"]["api"]["ports"]]
    assert published == ["8001", "5300", "8010-8012", None, "8020"]


def test_a_second_session_has_a_project_of_its_own(tmp_path):
    said: list[str] = []
    taken = {"project shop", "image shop-api", "container store", "volume kept"}
    names = Names(said.append, lambda name: name not in taken)
    words, _, project = prepared("compose up", tmp_path, naming=names)
    assert words[words.index("--project-name") + 1] == project["name"] == "shop-session2"
    services = project["services"]
    assert [services["api"]["image"], services["db"]["image"]] == ["shop-api-session2", "postgres:17"]
    assert services["db"]["container_name"] == "store-session2"
    assert {key: network["name"] for key, network in project["networks"].items()} == {
        "default": "shop-session2_default",
        "others": "others",
    }
    assert {key: volume["name"] for key, volume in project["volumes"].items()} == {
        "data": "shop-session2_data",
        "kept": "kept-session2",
        "old": "old",
    }
    assert "The project shop is taken, so here it is called shop-session2." in said
    # What was made is called so from now on, in any command.
    assert names.words(["logs", "shop-api-1"]) == ["logs", "shop-session2-api-1"]
    assert names.words(["volume", "rm", "shop_data"]) == ["volume", "rm", "shop-session2_data"]
    assert names.words(["network", "inspect", "shop_default"]) == ["network", "inspect", "shop-session2_default"]
    assert names.words(words) == words


def test_a_session_alone_has_the_names_that_are_typed(tmp_path):
    _, _, project = prepared("compose up", tmp_path, naming=Names(lambda sentence: None, lambda name: True))
    _, _, plain = prepared("compose up", tmp_path)
    assert project == plain


GONE = '[ "$1" = version ] && exit 0; echo "docker: unknown command: docker compose"; exit 1'
FAILS = 'case "$*" in version*|"compose version") exit 0;; esac; echo "no such service: x"; exit 1'
CONFIG = f"""case "$*" in *"config --format json") echo '{json.dumps(PROJECT)}'; exit 0;; esac"""


def test_the_command_runs_with_that_file_and_the_file_goes(tmp_path):
    script = f'{CONFIG}\nwhile [ "$1" != --file ]; do shift; done; cat "$2"; echo; echo "$2"'
    printed = docker_command("compose up -d", engine=engine_of(script, tmp_path), run="test").splitlines()
    assert json.loads(printed[0])["services"]["db"]["labels"] == MARKS
    assert not Path(printed[1]).exists()


@pytest.mark.parametrize(
    ("script", "kind", "said"),
    [
        (GONE, ComposeMissing, "not installed"),
        (FAILS, DockerCommandFailed, "exit code 1"),
        ("exit 1", EngineLost, "does not answer"),
    ],
)
def test_a_failure_says_whether_compose_is_there(tmp_path, script, kind, said):
    with pytest.raises((DockerCommandFailed, EngineLost), match=said) as caught:
        docker_command("compose up -d", engine=engine_of(script, tmp_path))
    assert type(caught.value) is kind
