"""A stack of two services that one command brings up, with data that outlive `down`."""

import json
from datetime import datetime

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work

WEB, STORE, VOLUME, IMAGE = "one-command-web-1", "one-command-store-1", "one-command_entries", "one-command:1"
START_SECONDS = 4
SERVICE, DEPENDS = "com.docker.compose.service", "com.docker.compose.depends_on"  # labels that Compose gives


def both_are_up(my: Work) -> None:
    """Compose has made `web` and `store` from the image `one-command:1`; both run, and the store is healthy."""
    image = my.image(IMAGE)["Id"]
    for name in (STORE, WEB):
        running = my.running(name)
        labels = running["Config"]["Labels"] or {}
        look = "`docker compose ps -a`, and `docker compose up -d --wait` in the exercise's folder."
        expect(SERVICE in labels, found=f"{name} was not made by Compose", look=look)
        expect(running["Image"] == image, found=f"{name} runs another image", look=look)
        program = f"{labels[SERVICE]}.py"
        inside = my.inside(name, "cat", f"/app/{program}").splitlines()
        same = inside == my.file(f"image/{program}").splitlines()
        expect(same, found=f"another {program} in {name} than in this folder", look="`docker compose build`.")
    health = (my.running(STORE)["State"].get("Health") or {}).get("Status", "without a health check")
    expect(health == "healthy", found=f"a store that is {health}", look="`docker compose ps`: the column STATUS.")


@after(both_are_up)
def web_waits_for_the_store(my: Work) -> None:
    """Compose starts `web` when the store is healthy, and `web` has started at the first try."""
    running = my.running(WEB)
    condition = (running["Config"]["Labels"].get(DEPENDS) or "").partition("store:")[2].partition(":")[0]
    found = f"web waits for the store with the condition {condition}" if condition else "web waits for nobody"
    look = "`depends_on` in compose.yaml: what does web wait for?"
    expect(condition == "service_healthy", found=found, look=look)
    found = f"a web that needed {running['RestartCount'] + 1} starts"
    expect(running["RestartCount"] == 0, found=found, look="`docker compose logs web`.")


@after(both_are_up)
def it_is_published(my: Work) -> None:
    """The page answers on http://localhost:18192, and only this machine can reach it."""
    published = my.published(WEB, 8000)
    found = f"port 8000 on {', '.join(published)}" if published else "port 8000 not published"
    expect(published == ["127.0.0.1:18192"], found=found, look="`docker ps`: the column PORTS.")
    my.ask(WEB, "/", seconds=START_SECONDS)


@after(both_are_up)
def the_volume_is_mounted(my: Work) -> None:
    """The project's volume `entries` is mounted where the store keeps the entries."""
    mounts = my.running(STORE)["Mounts"]
    look = '`docker inspect one-command-store-1`: "Mounts".'
    there = next((mount for mount in mounts if mount["Destination"].rstrip("/") == "/data"), None)
    if there is None:
        found = f"nothing mounted at /data, only at {mounts[0]['Destination']}" if mounts else "nothing mounted at all"
        raise NotYet(found, look)
    found = f"a mount of type {there['Type']} at /data, called {there.get('Name') or there.get('Source')}"
    expect(there["Type"] == "volume" and there.get("Name") == VOLUME, found=found, look=look)


@after(web_waits_for_the_store, it_is_published, the_volume_is_mounted)
def the_entry_outlived_a_container(my: Work) -> None:
    """The page shows an entry that is older than the container that keeps it."""
    entries = my.ask(WEB, "/", seconds=START_SECONDS)
    written = []
    for line in str(entries.body if isinstance(entries.body, str) else json.dumps(entries.body)).splitlines():
        moment = line.partition(" ")[0]
        try:
            written.append(datetime.fromisoformat(moment).astimezone())
        except ValueError:
            continue
    look = "`curl http://localhost:18192/` shows all entries, each with its time."
    expect(written, found="a guest book without entries", look=look)
    created = datetime.fromisoformat(my.container(STORE)["Created"])
    look = "`docker ps`: the column CREATED. Which is older?"
    expect(min(written) < created, found="entries that were all written after the container was created", look=look)


CHECKS = (both_are_up, web_waits_for_the_store, it_is_published, the_volume_is_mounted, the_entry_outlived_a_container)
