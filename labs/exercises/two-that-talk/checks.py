"""Two containers in one network, one of which finds the other by its name."""

import time

from dockerlab.engine.patience import patience
from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import Work

CLOCK, BOARD, NETWORK, IMAGE = "talk-clock", "talk-board", "talk-net", "two-that-talk:1"
START_SECONDS = 4


def they_share_a_network(my: Work) -> None:
    """`talk-clock` and `talk-board` run from `two-that-talk:1`, and both are in the network `talk-net`."""
    image, network = my.image(IMAGE)["Id"], my.network(NETWORK)["Id"]
    for name in (CLOCK, BOARD):
        running = my.running(name)
        look = "`docker ps`: the column IMAGE. `bash start.sh` brings the original back."
        expect(running["Image"] == image, found=f"{name} runs another image", look=look)
        networks = running["NetworkSettings"]["Networks"]
        found = f"{name} in {', '.join(sorted(networks)) or 'no network'}"
        look = f"`docker network inspect {NETWORK}`: the containers in it."
        expect(network in [each["NetworkID"] for each in networks.values()], found=found, look=look)


@after(they_share_a_network)
def the_board_shows_the_clock(my: Work) -> None:
    """http://localhost:18191 shows what the clock says."""
    clock, end = my.container(CLOCK)["Config"]["Hostname"], time.monotonic() + patience(START_SECONDS)
    answer = my.ask(BOARD, "/", seconds=START_SECONDS)
    while answer.status != 200 and time.monotonic() < end:  # the clock may just have been started
        time.sleep(0.2)
        answer = my.ask(BOARD, "/", seconds=START_SECONDS)
    found = f"status {answer.status}, and no word of this clock"
    look = "`curl http://localhost:18191/`: what does the board say?"
    expect(answer.status == 200 and f"clock {clock} says" in str(answer.body), found=found, look=look)


@after(the_board_shows_the_clock)
def the_board_asks_by_name(my: Work) -> None:
    """The board asks for the host `talk-clock`."""
    answer = str(my.ask(BOARD, "/", seconds=START_SECONDS).body)
    found = "a board that asks another host"
    expect(f"I asked {CLOCK}," in answer, found=found, look="`curl http://localhost:18191/`: its first words.")


@after(they_share_a_network)
def only_the_board_is_published(my: Work) -> None:
    """The board is on port 18191 of this machine alone, and no port leads to the clock."""
    board, clock = my.published(BOARD, 8000), my.published(CLOCK, 8000)
    found = f"the board's port 8000 on {', '.join(board)}" if board else "no port of the board published"
    expect(board == ["127.0.0.1:18191"], found=found, look="`docker ps`: the column PORTS.")
    expect(not clock, found=f"the clock on {', '.join(clock)}", look="`docker ps`: the column PORTS.")


CHECKS = (they_share_a_network, the_board_shows_the_clock, the_board_asks_by_name, only_the_board_is_published)
