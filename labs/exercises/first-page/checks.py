"""A container that serves the learner's folder on one port of loopback."""

from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import Work

NAME = "first-page"
HOST_PORT = "18100"
LOOPBACK = ("127.0.0.1", "::1")
BLANK = "YOUR NAME"  # what the starter has in place of a name


def bindings(my: Work) -> list[tuple[str, str]]:
    """Where the container's ports are published: pairs of address and port."""
    found = my.running(NAME)["NetworkSettings"]["Ports"] or {}
    return [(binding["HostIp"], binding["HostPort"]) for each in found.values() for binding in each or ()]


def the_container_runs(my: Work) -> None:
    """A container called `first-page` runs in the background."""
    my.running(NAME)


@after(the_container_runs)
def the_port_is_published(my: Work) -> None:
    """It is published on port 18100 of your machine."""
    ports = sorted({port for _, port in bindings(my)})
    found = f"published on port {' and '.join(ports)} of your machine" if ports else "no port is published"
    expect(HOST_PORT in ports, found=found, look="`docker ps`: the column PORTS, left of the arrow.")


@after(the_port_is_published)
def only_this_machine_can_reach_it(my: Work) -> None:
    """Only your own machine can reach it."""
    open_to = sorted({address or "0.0.0.0" for address, _ in bindings(my)} - set(LOOPBACK))
    look = "`docker ps`: the address in the column PORTS. `0.0.0.0` and `[::]` stand for all addresses."
    expect(not open_to, found=f"published on {' and '.join(open_to)}", look=look)


@after(the_port_is_published)
def your_page_is_served(my: Work) -> None:
    """http://localhost:18100 shows the page in your folder."""
    my.file("index.html")
    page = (my.folder / "index.html").read_bytes()
    answer = my.ask(NAME, "/")
    # The server names no character set, so a name such as Zoë may arrive in either of two readings.
    is_mine = answer.body in (page.decode("utf-8", errors="replace"), page.decode("latin-1"))
    look = f"`docker exec {NAME} ls`: what lies in the folder that it serves?"
    expect(answer.status == 200 and is_mine, found=f"an answer (status {answer.status}), but not your page", look=look)


@after(your_page_is_served)
def it_has_your_name(my: Work) -> None:
    """The page has your name on it."""
    page = my.file("index.html")
    expect(BLANK not in page, found=f"it still says {BLANK}", look="Open `index.html` in an editor.")


CHECKS = (
    the_container_runs,
    the_port_is_published,
    only_this_machine_can_reach_it,
    your_page_is_served,
    it_has_your_name,
)
