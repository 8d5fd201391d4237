"""A learner as the hub sees one: a browser's requests, with its cookies and forms."""

from __future__ import annotations

import contextlib
import json
import re
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import requests
from websocket import create_connection

T, R = TypeVar("T"), TypeVar("R")
START_SECONDS = 600
RUN_SECONDS = 120


class Learner:
    """One learner's visits to the hub at `address`."""

    def __init__(self, address: str, name: str) -> None:
        self.address, self.name = address, name
        self.session = requests.Session()
        self.session.trust_env = False

    @property
    def server(self) -> str:
        """The address of the learner's own server, with a slash at its end."""
        return f"{self.address}/user/{self.name}/"

    def log_in(self, password: str) -> str:
        """Log in by the form; "", or what the page says if that failed."""
        self.get("/hub/login")
        page = self.post("/hub/login?next=/hub/home", {"username": self.name, "password": password})
        return message(page.text) if "/hub/login" in page.url else ""

    def start(self) -> None:
        """Ask for the server, as the page does, and wait until it is ready."""
        self.ask_for_server()
        self.wait_until_ready()

    def ask_for_server(self) -> None:
        """Ask for the server; raises AssertionError with what the hub says if it refuses."""
        answer = self.api("POST", f"users/{self.name}/server")
        assert answer.status_code in (201, 202), answer.text

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the server is ready; AssertionError with what the hub said if it failed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            server = self.api("GET", f"users/{self.name}").json()["servers"].get("")
            if server and server["ready"]:
                return
            if not server or not server["pending"]:
                raise AssertionError(self.why_not())
            time.sleep(1)
        raise AssertionError(f"the server of {self.name} is not ready after {seconds} s")

    def why_not(self) -> str:
        """What the spawn page says of a start that has failed."""
        return message(self.get(f"/hub/spawn-pending/{self.name}").text)

    def stop(self) -> None:
        """Stop the server, and wait until it is gone; AssertionError if it stays."""
        self.api("DELETE", f"users/{self.name}/server")
        wait_until(lambda: not self.api("GET", f"users/{self.name}").json()["servers"])

    def token(self) -> str:
        """A token of the learner's for the hub and for their own server."""
        return self.api("POST", f"users/{self.name}/tokens", {"note": "test"}).json()["token"]

    def get(self, path: str) -> requests.Response:
        """GET a page of the hub."""
        return self.session.get(f"{self.address}{path}", timeout=60)

    def post(self, path: str, form: dict) -> requests.Response:
        """Send a form of the hub's."""
        return self.session.post(f"{self.address}{path}", data={"_xsrf": self._xsrf(), **form}, timeout=60)

    def api(self, method: str, path: str, body: dict | None = None) -> requests.Response:
        """Ask the hub's API, as its pages do."""
        headers = {"X-XSRFToken": self._xsrf(), "Referer": f"{self.address}/hub/home"}
        return self.session.request(method, f"{self.address}/hub/api/{path}", json=body, headers=headers, timeout=120)

    def _xsrf(self) -> str:
        return next(cookie.value for cookie in self.session.cookies if cookie.name == "_xsrf" and "hub" in cookie.path)


class Notebook:
    """A kernel on a learner's server."""

    def __init__(self, learner: Learner) -> None:
        self.learner, self._token = learner, learner.token()
        self.kernel = self._ask("POST", "api/kernels").json()["id"]

    def run(self, code: str, seconds: float = RUN_SECONDS) -> str:
        """Run a cell; what it prints, or its error, as text.

        Raises:
            ConnectionError: the kernel died.
        """
        url = self.learner.server.replace("http", "ws", 1) + f"api/kernels/{self.kernel}/channels"
        line = create_connection(url, header=[f"Authorization: token {self._token}"], timeout=seconds)
        message_id, said = uuid.uuid4().hex, ""
        header = {"msg_id": message_id, "msg_type": "execute_request", "session": uuid.uuid4().hex}
        request = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        try:
            line.send(
                json.dumps(
                    {
                        "header": header | {"username": "", "version": "5.3", "date": ""},
                        "parent_header": {},
                        "metadata": {},
                        "content": request,
                        "channel": "shell",
                    }
                )
            )
            while True:
                answer = json.loads(line.recv())
                kind, content = answer["header"]["msg_type"], answer["content"]
                if kind == "status" and content["execution_state"] in ("dead", "restarting", "autorestarting"):
                    raise ConnectionError(f"the kernel of {self.learner.name} is {content['execution_state']}")
                if answer["parent_header"].get("msg_id") != message_id:
                    continue
                if kind == "stream":
                    said += content["text"]
                elif kind == "error":
                    said += f"{content['ename']}: {content['evalue']}"
                elif kind == "status" and content["execution_state"] == "idle":
                    return said
        finally:
            line.close()

    def kernels(self) -> list[str]:
        """The kernels that the learner's server has."""
        return [kernel["id"] for kernel in self._ask("GET", "api/kernels").json()]

    def _ask(self, method: str, path: str) -> requests.Response:
        headers = {"Authorization": f"token {self._token}"}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self.learner.server + path, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer


def message(page: str) -> str:
    """What an error page, or the form to log in, says in its middle."""
    found = re.findall(r'<p class="(?:login_error|text-danger)[^"]*">(.*?)</p>|<p>(.*?)</p>', page, re.S)
    return " ".join(" ".join(filter(None, pair)) for pair in found).strip()


def at_once(function: Callable[[T], R], things: Sequence[T]) -> list[R]:
    """What a function gives for each thing, all of them asked at the same time."""
    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(function, things))


def wait_until(holds, seconds: float = 60) -> None:
    """Wait until something holds that a server is asked for, which may not be there yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError):
            if holds():
                return
        time.sleep(0.2)
    raise AssertionError(f"that does not hold after {seconds} s")
