"""The port changes hands: a new container gets it, and the old one stays, stopped."""

import re

from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import Work

OLD, NEW = "port-taken-old", "port-taken-new"
PORT = "18122"
NEW_PAGE = "version 2"  # words that only the new page has


def the_new_one_runs(my: Work) -> None:
    """The container `port-taken-new` runs."""
    my.running(NEW)


@after(the_new_one_runs)
def the_new_one_has_the_port(my: Work) -> None:
    """http://localhost:18122 leads to it, and it answers."""
    hosts = host_ports(my.running(NEW)["NetworkSettings"]["Ports"])
    found = f"{NEW} is published on port {', '.join(sorted(hosts))}" if hosts else f"{NEW} publishes no port"
    expect(PORT in hosts, found=found, look="`docker ps`: the column PORTS.")
    answer = my.ask(NEW)
    expect(
        answer.status == 200 and f":{PORT}/" in answer.url,
        found=f"status {answer.status} from {answer.url}",
        look=f"`docker logs {NEW}`.",
    )


@after(the_new_one_has_the_port)
def it_is_the_new_version(my: Work) -> None:
    """It shows the page of version 2."""
    page = str(my.ask(NEW).body)
    expect(NEW_PAGE in page, found=f"it shows `{page.strip()[:60]}`", look="`docker ps`: the column IMAGE.")


@after(the_new_one_has_the_port)
def the_old_one_is_kept(my: Work) -> None:
    """The container `port-taken-old` is still there, stopped, and would get the same port again."""
    old = my.container(OLD)
    status = old["State"]["Status"]
    expect(status == "exited", found=f"{OLD} is {status}", look="`docker ps -a`: the column STATUS.")
    expect(
        old["Image"] == my.image("port-taken:1")["Id"] and PORT in host_ports(old["HostConfig"]["PortBindings"]),
        found=f"another container is called {OLD}",
        look="`bash start.sh` sets the scene anew.",
    )


@after(the_old_one_is_kept)
def the_exit_code_is_noted(my: Work) -> None:
    """`answer.txt` has the exit code with which it ended."""
    answers = re.findall(r"-?\d+", my.file("answer.txt"))
    expect(
        len(answers) == 1,
        found=f"{len(answers) or 'no'} number{'s' * (len(answers) != 1)} in answer.txt",
        look="the column STATUS of `docker ps -a`. One number is asked for.",
    )
    code = my.container(OLD)["State"]["ExitCode"]
    expect(
        int(answers[0]) == code,
        found=f"{answers[0]} is not the code with which {OLD} ended",
        look="`docker ps -a`: the column STATUS.",
    )


def host_ports(bindings: dict | None) -> set[str]:
    """The ports of the machine in a table of bindings."""
    return {binding["HostPort"] for rows in (bindings or {}).values() for binding in rows or ()}


CHECKS = (
    the_new_one_runs,
    the_new_one_has_the_port,
    it_is_the_new_version,
    the_old_one_is_kept,
    the_exit_code_is_noted,
)
