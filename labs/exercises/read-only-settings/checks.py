"""Settings that are the learner's own file, read-only, and scratch space in memory."""

from configparser import ConfigParser
from configparser import Error as NoSettings

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work

IMAGE, NAME = "read-only-settings:1", "polite-greeter"
START_SECONDS = 4  # an image without byte code compiles its modules first
GIVEN = "Good morning"  # the starter's
FOLDER, SETTINGS = "/etc/greeter", "/etc/greeter/settings.ini"


def the_greeter_runs(my: Work) -> None:
    """The container `polite-greeter` runs `read-only-settings:1` on http://localhost:18143, for this machine only."""
    running = my.running(NAME)
    look = "`docker ps`: the column IMAGE."
    expect(running["Image"] == my.image(IMAGE)["Id"], found="a container of another image", look=look)
    published = my.published(NAME, 8000)
    found = f"port 8000 on {', '.join(published)}" if published else "port 8000 not published"
    expect(published == ["127.0.0.1:18143"], found=found, look="`docker ps`: the column PORTS.")


@after(the_greeter_runs)
def the_settings_are_mounted(my: Work) -> None:
    """A file of your machine is mounted where the program reads its settings."""
    mounts = {mount["Destination"].rstrip("/"): mount["Type"] for mount in my.running(NAME)["Mounts"]}
    there = mounts.get(SETTINGS, mounts.get(FOLDER))
    found = f"mounts at {', '.join(sorted(mounts))}" if mounts else "nothing mounted at all"
    look = f'`docker inspect {NAME}`: "Mounts". The program reads {SETTINGS}.'
    expect(there, found=found, look=look)
    expect(there == "bind", found=f"a mount of type {there} there", look=look)


@after(the_settings_are_mounted)
def it_speaks_your_settings(my: Work) -> None:
    """The program greets with words of your own, from `settings.ini` in your folder."""
    settings = ConfigParser(interpolation=None)
    try:
        settings.read_string(my.file("settings.ini"))
        words = settings["greeting"]["text"].strip()
    except (NoSettings, KeyError):
        raise NotYet("a settings.ini without text under [greeting]", "`cat settings.ini`.") from None
    found = f"the greeting {words!r} in settings.ini, which is not yours yet"
    expect(words and words != GIVEN, found=found, look="`cat settings.ini`: the task begins with it.")
    answer = my.ask(NAME, "/", seconds=START_SECONDS)
    said = str(answer.body).strip()
    look = f"`docker exec {NAME} ls -l {FOLDER}`, and `ls -l` in your folder: is it the same file?"
    expect(answer.status == 200 and said == words, found=f"it says: {said[:90] or 'nothing'}", look=look)


@after(the_settings_are_mounted)
def the_settings_are_read_only(my: Work) -> None:
    """Nothing in the container can write to them."""
    look = f'`docker inspect {NAME}`: "RW" under "Mounts".'
    mounts = [mount for mount in my.running(NAME)["Mounts"] if mount["Destination"].startswith(FOLDER)]
    closed = not any(mount["RW"] for mount in mounts)
    writable = my.inside(NAME, "sh", "-c", f"[ -w {SETTINGS} ] && echo yes || echo no").strip()
    expect(closed and writable == "no", found="a mount that can be written to", look=look)


@after(the_greeter_runs)
def the_scratch_is_in_memory(my: Work) -> None:
    """`/scratch` is a tmpfs."""
    kind = my.inside(NAME, "stat", "-f", "-c", "%T", "/scratch").strip()
    look = f"`docker exec {NAME} df -hT /scratch`: the column Type."
    expect(kind == "tmpfs", found=f"a file system of type {kind}", look=look)


CHECKS = (
    the_greeter_runs,
    the_settings_are_mounted,
    it_speaks_your_settings,
    the_settings_are_read_only,
    the_scratch_is_in_memory,
)
