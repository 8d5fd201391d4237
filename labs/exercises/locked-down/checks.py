"""A service with everything taken from it that it does not need, and still at work."""

from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import Work

IMAGE, NAME, VOLUME, UID = "locked-down:1", "locked-down", "guest-book", "1000"
START_SECONDS = 4  # an image without byte code compiles its modules first
LOOK = f"`docker exec {NAME} cat /proc/1/status`."


def status(my: Work, key: str) -> str:
    """What Linux says of the container's first process."""
    lines = my.inside(NAME, "cat", "/proc/1/status").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(f"{key}:")), "")


def it_runs(my: Work) -> None:
    """The container `locked-down` runs the image `locked-down:1` on http://localhost:18195, for this machine only."""
    running = my.running(NAME)
    look = "`docker ps`: the columns IMAGE and PORTS."
    expect(running["Image"] == my.image(IMAGE)["Id"], found="a container of another image", look=look)
    published = my.published(NAME, 8000)
    found = f"port 8000 on {', '.join(published)}" if published else "port 8000 not published"
    expect(published == ["127.0.0.1:18195"], found=found, look=look)


@after(it_runs)
def it_is_user_1000(my: Work) -> None:
    """It runs as user 1000."""
    uid = (status(my, "Uid").split() or ["?"])[0]
    expect(uid == UID, found=f"user {uid}", look=f"`docker exec {NAME} id -u`.")


@after(it_runs)
def its_files_are_read_only(my: Work) -> None:
    """Its file system is read-only."""
    read_only = my.running(NAME)["HostConfig"]["ReadonlyRootfs"]
    expect(read_only, found="a file system that can be written to", look=f"`docker exec {NAME} touch /tmp/x /app/x`.")


@after(it_runs)
def the_book_is_in_a_volume(my: Work) -> None:
    """The book, `/data`, is in the volume `guest-book`."""
    mounts = {mount["Destination"]: mount for mount in my.running(NAME)["Mounts"]}
    there = mounts.get("/data", {})
    found = f"a {there['Type']} mount {there.get('Name') or ''}".strip() if there else "no mount at /data"
    look = f'`docker inspect {NAME}`: "Mounts".'
    expect(there.get("Type") == "volume" and there.get("Name") == VOLUME, found=found, look=look)


@after(it_runs)
def it_has_no_capabilities(my: Work) -> None:
    """It has no capabilities, and none to get."""
    bound = status(my, "CapBnd")
    expect(int(bound or "1", 16) == 0, found=f"CapBnd {bound or 'unknown'}", look=LOOK)


@after(it_runs)
def it_gains_none_either(my: Work) -> None:
    """A setuid program can't give it more privileges."""
    expect(status(my, "NoNewPrivs") == "1", found="NoNewPrivs is not 1", look=LOOK)


@after(it_is_user_1000, its_files_are_read_only, the_book_is_in_a_volume)
def it_still_works(my: Work) -> None:
    """http://localhost:18195/health says `well`."""
    answer = my.ask(NAME, "/health", seconds=START_SECONDS)
    said = str(answer.body).strip()
    found = f"status {answer.status}: {said[:90]}"
    look = "which place does it name, and who may write there?"
    expect(answer.status == 200 and said == "well", found=found, look=look)


CHECKS = (
    it_runs,
    it_is_user_1000,
    its_files_are_read_only,
    the_book_is_in_a_volume,
    it_has_no_capabilities,
    it_gains_none_either,
    it_still_works,
)
