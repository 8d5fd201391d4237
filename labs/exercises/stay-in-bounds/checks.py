"""A worker that leaks gets a limit and a restart policy, and its neighbour notices nothing."""

import time

from dockerlab.engine.patience import patience
from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import Work

IMAGE, WORKER, NEIGHBOUR = "stay-in-bounds:1", "leaky-worker", "quiet-neighbour"
LIMIT = {64_000_000, 64 * 1024**2}  # bytes; Docker's own `64m` is the second
FOR_EVER = ("always", "unless-stopped", "on-failure")
BACK_SECONDS = 20  # to leak, be killed and come back


def it_has_a_limit(my: Work) -> None:
    """The container `leaky-worker` runs the image `stay-in-bounds:1`, with 64 MB of memory at most."""
    worker = my.container(WORKER)
    look = "`docker ps -a`: the column IMAGE."
    expect(worker["Image"] == my.image(IMAGE)["Id"], found="a container of another image", look=look)
    limit = worker["HostConfig"]["Memory"]
    found = f"a limit of {limit / 1024**2:.0f} MB" if limit else "no limit"
    expect(limit in LIMIT, found=found, look=f"`docker stats --no-stream {WORKER}`: the column LIMIT.")


@after(it_has_a_limit)
def it_comes_back(my: Work) -> None:
    """Docker starts it again after each kill, however often."""
    deadline = time.monotonic() + patience(BACK_SECONDS)
    while True:
        worker = my.container(WORKER)
        state, times = worker["State"], worker["RestartCount"]
        if times or time.monotonic() > deadline or (state["Status"] == "exited" and not state["Restarting"]):
            break
        time.sleep(0.2)
    look = f"`docker ps -a`: the STATUS of {WORKER}."
    found = f"it is {state['Status']}, exit code {state['ExitCode']}, and was started again {times} times"
    expect(times, found=found, look=look)
    policy = worker["HostConfig"]["RestartPolicy"]
    endless = policy["Name"] in FOR_EVER and not policy["MaximumRetryCount"]
    look = f"`docker inspect {WORKER}`: its RestartPolicy."
    expect(endless, found=f"a policy that gives up after {policy['MaximumRetryCount']} times", look=look)


@after(it_comes_back)
def the_neighbour_runs_on(my: Work) -> None:
    """The container `quiet-neighbour` has run all the time, without a restart."""
    neighbour = my.running(NEIGHBOUR)
    look = "`docker ps -a`: when was it created, and how long has it been up?"
    expect(not neighbour["RestartCount"], found="it was started again", look=look)
    mine = neighbour["Image"] == my.image(IMAGE)["Id"] and neighbour["Config"]["Cmd"] == ["sleep", "infinity"]
    expect(mine, found="it is another container than that of `start.sh`", look=look)
    older = neighbour["Created"] < my.container(WORKER)["Created"]
    expect(older, found="it is younger than the worker", look=look)


CHECKS = (it_has_a_limit, it_comes_back, the_neighbour_runs_on)
