"""Long polling on a running server: it ends as soon as there is work, in time without, and holds nothing meanwhile."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any

from tests.rest.conftest import TOPIC, House, basic

PATH = "/engine-rest/external-task/fetchAndLock"


def question(worker: str, wait: int) -> dict[str, Any]:
    topics = [{"topicName": TOPIC, "lockDuration": 60_000}]
    return {"workerId": worker, "maxTasks": 1, "asyncResponseTimeout": wait, "topics": topics}


def fetch(house: House, worker: str, wait: int) -> list[Any]:
    found: list[Any] = house.sends("worker", "/external-task/fetchAndLock", question(worker, wait)).json
    return found


def finish(house: House, worker: str, step: dict[str, Any]) -> None:
    answer = house.sends("worker", f"/external-task/{step['id']}/complete", {"workerId": worker})
    assert answer.status == 204


def test_a_poll_without_work_ends_in_time(house: House) -> None:
    begin = time.monotonic()
    assert fetch(house, "w1", 1_000) == []
    assert 0.9 < time.monotonic() - begin < 3


def test_a_poll_ends_when_work_comes_and_others_go_on_meanwhile(house: House) -> None:
    found: list[Any] = []
    poll = threading.Thread(target=lambda: found.extend(fetch(house, "w1", 15_000)))
    poll.start()
    time.sleep(0.6)
    begin = time.monotonic()
    case = house.opens()  # a write, while the other waits
    poll.join()
    assert time.monotonic() - begin < 3
    assert [step["processInstanceId"] for step in found] == [case]
    finish(house, "w1", found[0])


def test_more_polls_than_may_wait_are_answered(house: House) -> None:
    begin = time.monotonic()
    threads = [threading.Thread(target=fetch, args=(house, f"w{n}", 2_000)) for n in range(24)]
    for thread in threads:
        thread.start()
    assert house.calls("GET", "/health").status == 200
    assert time.monotonic() - begin < 2
    for thread in threads:
        thread.join()


def test_a_worker_that_hung_up_gets_nothing(house: House) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", house.server.port)
    headers = {**basic("worker", house.token("worker")), "Content-Type": "application/json"}
    connection.request("POST", PATH, json.dumps(question("gone", 15_000)).encode(), headers)
    time.sleep(0.6)
    connection.close()
    case = house.opens()
    time.sleep(0.6)
    [step] = fetch(house, "w2", 0)
    assert step["processInstanceId"] == case
    finish(house, "w2", step)
