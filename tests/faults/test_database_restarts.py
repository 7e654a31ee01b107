"""F-04: PostgreSQL ends at once and comes back while people work: they are told 503, never 500; nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.conftest import Office
from tests.faults.scenes import LINK, count, problems, times
from tests.faults.test_workers import until
from tests.postgres import Cluster, PostgresStage
from tests.web.conftest import Actor, House

USERS = 4
GONE_ON = {200, 303}


class Busy:
    """Somebody who opens cases and does their first task without a pause; `answers` counts what came back."""

    def __init__(self, actor: Actor, answers_of_s1: dict[str, object]) -> None:
        self._actor, self._given, self._token = actor, answers_of_s1, actor.csrf()
        self.answers: Counter[int] = Counter()

    def works(self, stop: threading.Event) -> None:
        client = self._actor.client
        while not stop.is_set():
            self.answers[client.get("/").status_code] += 1
            started = client.post("/start/link_termination", data={"csrf_token": self._token})
            self.answers[started.status_code] += 1
            if started.status_code == 303:
                sent = client.post(
                    started.location, json={"answers": self._given}, headers={"X-CSRFToken": self._token}
                )
                self.answers[sent.status_code] += 1

    @property
    def done(self) -> int:
        return sum(self.answers[status] for status in GONE_ON)


@contextmanager
def down(cluster: Cluster) -> Iterator[None]:
    """The server ends every process of its own at once, and is started again afterwards."""
    cluster.crash()
    try:
        yield
    finally:
        cluster.start()


@pytest.fixture
def at_work(house: House, login: Callable[[str], Actor]) -> Iterator[list[Busy]]:
    given = {**house.answers["link_termination_S1"], **LINK}
    people, stop = [Busy(login("it"), given) for _ in range(USERS)], threading.Event()
    with ThreadPoolExecutor(USERS) as pool:
        running = [pool.submit(person.works, stop) for person in people]
        try:
            yield people
        finally:
            stop.set()
    for each in running:
        each.result()


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)
def test_requests_in_flight_are_refused_calmly_while_the_database_restarts(
    postgresql_stage: PostgresStage, office: Office, house: House, at_work: list[Busy]
) -> None:
    cluster = postgresql_stage.cluster
    cluster.checkpoint()

    def each_has(what: Callable[[Busy], int], more: int) -> None:
        wanted = [what(person) + more for person in at_work]
        until(lambda: all(what(person) >= least for person, least in zip(at_work, wanted, strict=True)))

    for _ in range(times(2, 10)):
        each_has(lambda person: person.done, 3)
        with down(cluster):
            each_has(lambda person: person.answers[503], 2)
            health = house.app.test_client().get("/health")
            assert (health.status_code, health.json) == (503, {"ok": False, "revision": None})
        each_has(lambda person: person.done, 1)
    answers = sum((person.answers for person in at_work), Counter[int]())
    assert set(answers) == {200, 303, 503}, answers
    assert count(office, "SELECT count(*) FROM cases") >= answers[303]
    assert problems(office) == []
