"""What the names that are typed are called, where another session of the course has them already."""

from __future__ import annotations

import pytest

from dockerlab.run.names import Names, repository

TAKEN = {f"{kind} {name}" for kind in ("container", "image", "network", "volume") for name in ("news", "demo")}

# In a Dockerfile, FROM and COPY --from name images as they are typed; so docker is told what these are here.
LEADS = " ".join(f"--build-context={name}:1=docker-image://{name}-session2:1" for name in ("demo", "news"))


def names_in_use() -> Names:
    """The names of a second session, which has made one object of each kind and name."""
    names = Names(lambda sentence: None, lambda name: name not in TAKEN)
    for command in ("network create {}", "volume create {}", "build -t {}:1 .", "create --name {} x"):
        for name in ("news", "demo"):
            names.words(command.format(name).split())
    return names


@pytest.mark.parametrize(
    ("typed", "runs"),
    [
        ("run -d --name news -p 8000:80 news", "run -d --name news-session2 -p 8000:80 news-session2"),
        ("run --name=news news:1 sh -c news", "run --name=news-session2 news-session2:1 sh -c news"),
        ("run --rm --network news news:2 news", "run --rm --network news-session2 news-session2:2 news"),
        ("run -d --network own --name news x", "run --network-alias=news -d --network own --name news-session2 x"),
        ("run -d --network host --name news x", "run -d --network host --name news-session2 x"),
        ("compose -f news logs news", "compose -f news logs news"),
        ("run --network container:news news-api", "run --network container:news-session2 news-api"),
        ("run -v news:/news -v /news:/x -e NAME=news x", "run -v news-session2:/news -v /news:/x -e NAME=news x"),
        ("run --mount type=volume,source=news,target=/d x", "run --mount type=volume,source=news-session2,target=/d x"),
        ("exec -w /news news ls news", "exec -w /news news-session2 ls news"),
        ("exec newsroom ls", "exec newsroom ls"),
        ("rm -f news other demo", "rm -f news-session2 other demo-session2"),
        ("ps -a --filter name=^news$", "ps -a --filter name=^news-session2$"),
        ("ps --filter ancestor=news:1", "ps --filter ancestor=news-session2:1"),
        ("image ls news", "image ls news-session2"),
        ("rmi news news:2 127.0.0.1:5000/news:2", "rmi news-session2 news-session2:2 127.0.0.1:5000/news:2"),
        ("tag news localhost:5000/news", "tag news-session2 localhost:5000/news"),
        ("push localhost:5000/news", "push localhost:5000/news"),
        ("inspect --format {{.Id}} news", "inspect --format {{.Id}} news-session2"),
        ("history news@sha256:0123", "history news-session2@sha256:0123"),
        ("build -t demo:1 demo", f"build {LEADS} -t demo-session2:1 demo"),
        ("build demo --tag=demo:1 -f demo/Dockerfile", f"build {LEADS} demo --tag=demo-session2:1 -f demo/Dockerfile"),
        ("buildx build -tdemo:1 -t=news:1 .", f"buildx build {LEADS} -tdemo-session2:1 -t=news-session2:1 ."),
        ("buildx build --load -t mine .", f"buildx build {LEADS} --load -t mine ."),
        ("cp -q demo news:/demo", "cp -q demo news-session2:/demo"),
        ("cp news:/app/news .", "cp news-session2:/app/news ."),
        ("network connect news demo", "network connect --alias=demo news-session2 demo-session2"),
        ("volume inspect news", "volume inspect news-session2"),
        ("rename other third", "rename other third"),
        ("commit news news", "commit news-session2 news-session2"),
        ("info", "info"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_taken_name_gets_an_ending_where_docker_reads_it_as_a_name(typed, runs):
    assert names_in_use().words(typed.split()) == runs.split()


@pytest.mark.parametrize("typed", ["run --name news news", "build -t news .", "exec news ls", "tag news other"])
def test_a_session_alone_runs_what_is_typed(typed):
    said = []
    assert Names(said.append, lambda name: True).words(typed.split()) == typed.split()
    assert said == []


def test_a_taken_name_is_said_once_and_kept():
    said = []
    names = Names(said.append, lambda name: name not in {"container news", "container news-session2"})
    for _ in range(2):
        assert names.words(["create", "--name", "news", "x"])[2] == "news-session3"
    assert said == ["The container news is taken, so here it is called news-session3."]
    assert names.name("news") == "news-session3"


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("news-api", "news-api"), ("news-api:v1", "news-api"), ("news@sha256:01", "news"), ("me/news:1", "me/news"),
        ("localhost/news", ""), ("127.0.0.1:5000/news:1", ""), ("registry.example/news", ""),
    ],
)  # fmt: skip
def test_the_images_of_a_registry_that_is_named_are_not_claimed(image, name):
    assert repository(image) == name


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("docker logs news | tail -3", "docker logs news-session2 | tail -3"),
        (
            "docker run --rm -v demo:/data news:1 tar c /data > demo.tar",
            "docker run --rm -v demo-session2:/data news-session2:1 tar c /data > demo.tar",
        ),
        ("docker cp news:/app/news.db .", "docker cp news-session2:/app/news.db ."),
        ("docker ps | grep newsroom", "docker ps | grep newsroom"),
    ],
)
def test_a_line_for_the_shell_has_the_session_s_names(line, runs):
    assert names_in_use().text(line) == runs
    assert Names(lambda sentence: None, lambda name: True).text(line) == line
