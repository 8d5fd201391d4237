"""A job that writes as user 1000, into files of user 1000."""

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work

BASE, IMAGE, NAME, VOLUME = "python:3.11-slim", "weekly-report:1", "report-writer", "shared-reports"
HISTORY = ("2026-W37 412 visitors", "2026-W38 389 visitors", "2026-W39 455 visitors", "2026-W40 431 visitors")
LIST = f"`docker run --rm -v {VOLUME}:/reports {BASE} ls -lna /reports`"


def it_ran_as_user_1000(my: Work) -> None:
    """The container `report-writer`, made from `weekly-report:1`, runs its program as user 1000."""
    found = my.container(NAME)
    look = "`docker ps -a`: the column IMAGE."
    expect(found["Image"] == my.image(IMAGE)["Id"], found="a container of another image", look=look)
    user = found["Config"]["User"].partition(":")[0] or "0"
    if not user.isdigit():  # a name, which only the image can explain
        user = my.try_out(IMAGE, "-c", "id -u", options=("--user", user, "--entrypoint", "sh")).strip()
    look = f'`docker inspect {NAME}`: "User" under "Config". Without one, it\'s root.'
    expect(int(user) == 1000, found=f"a container that runs as user {int(user)}", look=look)


@after(it_ran_as_user_1000)
def it_ended_well(my: Work) -> None:
    """The job has ended, with exit code 0."""
    state = my.container(NAME)["State"]
    look = f"`docker logs {NAME}`: its last line."
    if state["Status"] != "exited":
        raise NotYet(f"a container that is {state['Status']}", "`docker ps -a`: the column STATUS.")
    last = (my.logs(NAME).strip().splitlines() or ["no words"])[-1]
    expect(state["ExitCode"] == 0, found=f"exit code {state['ExitCode']}: {last}", look=look)


@after(it_ended_well)
def everything_belongs_to_user_1000(my: Work) -> None:
    """Everything in the volume `shared-reports` belongs to user 1000."""
    rows = [line.split(" ", 1) for line in in_volume(my, "find", "/reports", "-printf", "%U %p\\n").splitlines()]
    others = [f"{path} of user {user}" for user, path in rows if user != "1000"]
    expect(len(rows) > 1, found="an empty volume", look=f"{LIST}.")
    expect(not others, found=", ".join(others[:3]), look=f"{LIST}: the third column is the owner.")


@after(it_ended_well)
def the_report_is_the_jobs(my: Work) -> None:
    """`report.txt` in the volume was written by this very container."""
    report = in_volume(my, "sh", "-c", "cat /reports/report.txt || true")
    wanted = f"container {my.container(NAME)['Id'][:12]}"
    written = next((line for line in report.splitlines() if "container" in line), "no report of the job")
    look = f"`docker ps -a` shows the ID of `{NAME}`. Did it have the volume at /reports?"
    expect(wanted in report, found=written, look=look)


@after(it_ended_well)
def the_history_is_complete(my: Work) -> None:
    """`history.txt` still has the lines from before, and a new one."""
    lines = in_volume(my, "sh", "-c", "cat /reports/history.txt || true").splitlines()
    missing = [line for line in HISTORY if line not in lines]
    look = f"{LIST}. Was something removed that was worth keeping?"
    expect(not missing, found=f"{len(missing)} of {len(HISTORY)} old lines missing", look=look)
    expect(len(lines) > len(HISTORY), found="no line of the new run", look=f"`docker logs {NAME}`.")


def in_volume(my: Work, *command: str) -> str:
    """What a command prints in a container of the check's own that has the volume read-only."""
    my.volume(VOLUME)
    return my.try_out(BASE, *command, options=("--network", "none", "-v", f"{VOLUME}:/reports:ro"))


CHECKS = (
    it_ran_as_user_1000,
    it_ended_well,
    everything_belongs_to_user_1000,
    the_report_is_the_jobs,
    the_history_is_complete,
)
