"""A server of several processes: whichever answers, a session and a trial go on."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.browser.server import Server, running

PROCESSES, MOST_REQUESTS = 2, 200
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Visitor:
    """Somebody whose every request is a connection of its own, so that any process may answer it."""

    def __init__(self, server: Server) -> None:
        self._port, self._cookies = server.port, dict[str, str]()
        self._token = self._csrf("/login")
        self.posts("/login", username="process-owner", password=server.password, next="/")
        self._token = self._csrf("/")

    def opens(self, path: str) -> str:
        status, text, _ = self._ask("GET", path)
        assert status == 200, text
        return text

    def posts(self, path: str, **fields: str) -> str:
        """Where a form leads."""
        status, text, place = self._ask("POST", path, urlencode({**fields, "csrf_token": self._token}))
        assert status == 303, text
        return place

    def _csrf(self, path: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.opens(path))
        assert found
        return found[1]

    def _ask(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        connection.request(method, path, body or None, {**cookies, **FORM})
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self._cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        text = answer.read().decode()
        connection.close()
        return answer.status, text, answer.headers.get("Location", "")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "tmp").mkdir()
    with running(tmp_path, PRASAN_PROCESSES=str(PROCESSES), TMPDIR=str(tmp_path / "tmp")) as started:
        yield started


def test_any_process_goes_on_with_a_trial(server: Server) -> None:
    owner = Visitor(server)
    trial = owner.posts("/studio/link_termination/try", version="1", unit="housing")
    before = owner.opens(trial)
    owner.posts(f"{trial}/wait", days="5")
    for _ in range(MOST_REQUESTS):
        page = owner.opens(trial)
        assert "ทดลองรุ่นที่ 1" in page
        assert page != before, "five days have passed"
        if len(list((server.folder / "tmp").glob("prasan-replay-*"))) == PROCESSES:
            break
    else:
        pytest.fail("one process answered everything")
    owner.posts(f"{trial}/end")
