"""The running example on a real PostgreSQL: the answers of SQLite, and what it says without the server, or room."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from dockerlab.build import build
from dockerlab.engine.labels import clean
from dockerlab.paths import project_root
from dockerlab.run import Container, docker_command
from tools.learner import wait_until

pytestmark = pytest.mark.engine

RUN = "test-postgres"
NAME = "dockerlab-test-postgres"  # of the network, and the beginning of the other names
API_IMAGE, SERVER_IMAGE = f"{NAME}:api", f"{NAME}:server"
ON_SQLITE, ON_POSTGRES, SERVER = f"{NAME}-on-sqlite", f"{NAME}-on-postgres", f"{NAME}-server"

# From the one base image that the course has, so that no other needs to be pulled. Any version of the server will do.
SERVER_DOCKERFILE = """\
FROM python:3.11-slim
RUN apt-get update \\
    && apt-get install -y --no-install-recommends postgresql \\
    && rm -rf /var/lib/apt/lists/* \\
    && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ \\
    && install -d -o postgres /data
USER postgres
RUN echo a-test-password > /tmp/password \\
    && initdb -D /data -U news --pwfile=/tmp/password --auth=scram-sha-256 -E UTF8 --locale=C.UTF-8 \\
    && echo "host all all all scram-sha-256" >> /data/pg_hba.conf
STOPSIGNAL SIGINT
CMD ["postgres", "-D", "/data", "-c", "listen_addresses=*", "-c", "fsync=off"]
"""


@pytest.fixture(scope="module", autouse=True)
def stack(engine, tmp_path_factory):
    """A PostgreSQL server, the app on it, and the same app on SQLite to compare with."""
    clean(engine, RUN)
    folder = tmp_path_factory.mktemp("server")
    (folder / "Dockerfile").write_text(SERVER_DOCKERFILE)
    try:
        build(f"-t {SERVER_IMAGE} .", engine=engine, cwd=folder, run=RUN)
        build(f"-t {API_IMAGE} .", engine=engine, cwd=project_root() / "labs" / "news-api", run=RUN)
        for command in (
            f"network create {NAME}",
            f"run -d --name {SERVER} --network {NAME} {SERVER_IMAGE}",
            f"run -d --name {ON_SQLITE} -p 127.0.0.1::8000 {API_IMAGE}",
            f"run -d --name {ON_POSTGRES} --network {NAME} -p 127.0.0.1::8000 "
            f"-e DATABASE_URL=postgresql://news:a-test-password@{SERVER}/postgres {API_IMAGE}",
        ):
            docker_command(command, engine=engine, run=RUN)
        wait_for(200, ON_SQLITE, engine)
        wait_for(200, ON_POSTGRES, engine)
        yield
    finally:
        clean(engine, RUN)


def wait_for(status: int, container: str, engine):
    """The first answer of /health with this status; the last one where it does not come."""
    end = time.monotonic() + 40
    while True:
        answer = Container(container, engine).ask("/health")
        if answer.status == status or time.monotonic() > end:
            assert answer.status == status, answer
            return answer
        time.sleep(0.2)


def refresh(engine, container: str) -> requests.Response:
    address = Container(container, engine).ask("/").url
    return requests.post(f"{address}refresh", timeout=120)


def test_each_runs_on_the_database_it_was_given(engine):
    databases = [Container(name, engine).ask("/health").body["database"] for name in (ON_SQLITE, ON_POSTGRES)]
    assert databases == ["sqlite", "postgresql"]


@pytest.mark.parametrize(
    "path",
    [
        "/articles?limit=100",
        "/articles?limit=5&offset=20",
        "/articles?offset=1000",
        "/articles?q=docker",
        "/articles?q=%C5%81%C3%93D%C5%B9",  # ŁÓDŹ: the two fold letters by different rules, so the app does it
        "/articles?q=100%25",
        "/articles?source=2&q=image",
        "/articles/1",
        "/sources",
        "/articles/2147483647",  # 404, the largest id
        "/articles/2147483648",  # 422
        "/articles?source=999",  # 404
        "/articles?q=%00",  # 422: PostgreSQL cannot hold it
    ],
)
def test_the_same_answers_as_on_sqlite(engine, path):
    sqlite, postgres = (Container(name, engine).ask(path) for name in (ON_SQLITE, ON_POSTGRES))
    assert (postgres.status, postgres.body) == (sqlite.status, sqlite.body)


def test_a_refresh_adds_nothing_twice(engine):
    for container in (ON_SQLITE, ON_POSTGRES):
        reply = refresh(engine, container)
        assert reply.status_code == 200
        assert [reply.json()["added"], *(feed["added"] for feed in reply.json()["feeds"])] == [0, 0, 0, 0]
    sqlite, postgres = (Container(name, engine).ask("/articles?limit=100") for name in (ON_SQLITE, ON_POSTGRES))
    assert postgres.body == sqlite.body


def test_503_while_the_server_is_stopped_and_200_when_it_is_back(engine):
    before = Container(ON_POSTGRES, engine).ask("/articles").body
    docker_command(f"stop {SERVER}", engine=engine)
    for path in ("/health", "/articles", "/sources"):
        away = Container(ON_POSTGRES, engine).ask(path)
        assert (away.status, away.body["error"]["status"]) == (503, 503), path
        assert "a-test-password" not in str(away.body)
    assert refresh(engine, ON_POSTGRES).status_code == 503
    assert Container(ON_POSTGRES, engine).ask("/").status == 200  # needs no database

    docker_command(f"start {SERVER}", engine=engine)
    wait_for(200, ON_POSTGRES, engine)
    assert Container(ON_POSTGRES, engine).ask("/articles").body == before


def test_an_app_started_before_its_database_serves_once_that_is_there(engine):
    docker_command(f"stop {SERVER}", engine=engine)
    name = f"{NAME}-early"
    docker_command(
        f"run -d --name {name} --network {NAME} -p 127.0.0.1::8000 "
        f"-e DATABASE_URL=postgresql://news:a-test-password@{SERVER}/postgres {API_IMAGE}",
        engine=engine,
        run=RUN,
    )
    wait_for(503, name, engine)
    assert "a-test-password" not in docker_command(f"logs {name}", engine=engine)
    docker_command(f"start {SERVER}", engine=engine)
    wait_for(200, name, engine)
    wait_for(200, ON_POSTGRES, engine)
    assert Container(name, engine).ask("/articles").body == Container(ON_POSTGRES, engine).ask("/articles").body


def sql(engine, statement: str, server: str = SERVER) -> str:
    """What the server answers to a statement, by itself."""
    words = ["exec", "-e", "PGPASSWORD=a-test-password", server, "psql", "-U", "news", "-tAc", statement, "postgres"]
    return engine.run(*words).strip()


def articles(engine) -> list[int]:
    """How many articles of each feed there are, as the server itself says."""
    count = "SELECT count(articles.id) FROM sources LEFT JOIN articles ON source_id = sources.id GROUP BY sources.id"
    return [int(line) for line in sql(engine, f"{count} ORDER BY sources.id").splitlines()]


SLOWLY = """
CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END$$;
CREATE TRIGGER slowly BEFORE INSERT ON articles FOR EACH ROW EXECUTE FUNCTION slowly();
"""


def test_a_server_killed_in_the_middle_of_a_write_loses_what_was_not_finished_and_nothing_else(engine):
    """A feed is written whole or not at all. Here that takes seconds, and the server is killed in the second feed."""
    before = articles(engine)
    sql(engine, f"DELETE FROM articles; {SLOWLY}")
    with ThreadPoolExecutor(1) as aside:
        writing = aside.submit(refresh, engine, ON_POSTGRES)
        wait_until(lambda: articles(engine)[0])
        wait_until(lambda: sql(engine, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1")
        docker_command(f"kill {SERVER}", engine=engine)
        reply = writing.result()
    assert (reply.status_code, reply.json()["error"]["message"]) == (503, "The database does not answer.")

    docker_command(f"start {SERVER}", engine=engine)
    wait_for(200, ON_POSTGRES, engine)
    assert articles(engine) == [before[0], 0, 0]
    sql(engine, "DROP FUNCTION slowly CASCADE")
    assert refresh(engine, ON_POSTGRES).status_code == 200
    assert articles(engine) == before


def test_a_full_disk_is_named_in_the_log_and_what_was_there_is_still_served(engine):
    server, api = f"{NAME}-small", f"{NAME}-on-small"
    start = "cp -a /data /small/data && exec postgres -D /small/data -c listen_addresses='*'"
    for command in (
        f'run -d --name {server} --network {NAME} --tmpfs /small:size=120m,mode=1777 {SERVER_IMAGE} sh -c "{start}"',
        f"run -d --name {api} --network {NAME} -p 127.0.0.1::8000 "
        f"-e DATABASE_URL=postgresql://news:a-test-password@{server}/postgres {API_IMAGE}",
    ):
        docker_command(command, engine=engine, run=RUN)
    wait_for(200, api, engine)
    all_of_them = Container(api, engine).ask("/articles?limit=100").body["total"]
    sql(engine, "DELETE FROM articles WHERE source_id > 1", server)
    sql(engine, "VACUUM FULL articles", server)  # or the new rows would go where the old ones were
    still_there = Container(api, engine).ask("/articles?source=1").body
    docker_command(f'exec {server} sh -c "dd if=/dev/zero of=/small/full bs=4k 2> /dev/null || true"', engine=engine)

    assert refresh(engine, api).status_code == 503
    assert "No space left on device" in docker_command(f"logs {api}", engine=engine)
    assert Container(api, engine).ask("/articles?source=1").body == still_there

    docker_command(f"exec {server} rm /small/full", engine=engine)
    assert refresh(engine, api).status_code == 200
    assert Container(api, engine).ask("/articles?limit=100").body["total"] == all_of_them
