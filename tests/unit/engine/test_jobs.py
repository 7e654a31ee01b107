"""Handlers that fail, try again and wait for a person; the person's work is always kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from engine import incidents, jobs
from engine.context import Engine
from engine.topics import Call, Topic, Topics
from handlers import topics
from tests.conftest import Office

GOOD = {"link_no": "L-2570-0001", "criterion": "CX3"}


@dataclass
class Fault:
    """How often the registry-read handler still fails."""

    left: int


class Faulty(Topics):
    """The real handlers, one of which writes to the database and then raises."""

    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self._topics = dict(topics()._topics)
        real = self._topics["registry-read"]

        def run(given: object, call: Call) -> object:
            if fault.left > 0:
                fault.left -= 1
                call.ctx.db.exec_driver_sql("UPDATE links SET partner = 'half written'")
                raise ConnectionError("the register did not answer")
            return real.run(given, call)

        self._topics["registry-read"] = Topic(real.name, real.th, real.takes, real.gives, run)


@pytest.fixture
def fault(office: Office) -> Fault:
    found = Fault(0)
    office.engine = Engine(Faulty(found), office.engine.library, office.engine.clock, files=office.engine.files)
    return found


def test_a_handler_that_raises_keeps_the_work_and_tries_again(office: Office, fault: Fault) -> None:
    fault.left = 1
    case = office.start("link_termination", "it")
    office.do(case, "S1", "it", **GOOD)
    assert office.open(case) == []
    assert office.row(case).status == "running"
    assert "half written" not in str(office.query("SELECT partner FROM links"))
    assert office.tick(seconds=29) == 0
    assert office.tick(seconds=2) == 1
    assert [t.element for t in office.open(case)] == ["S1_memo"]
    assert office.query("SELECT id FROM incidents WHERE resolved_at IS NULL") == []


def test_after_30_s_5_min_and_1_h_a_person_must_look(office: Office, fault: Fault) -> None:
    fault.left = 4
    case = office.start("link_termination", "it")
    office.do(case, "S1", "it", **GOOD)
    assert [office.tick(seconds=31), office.tick(minutes=6), office.tick(minutes=61)] == [1, 1, 1]
    assert office.tick(days=10) == 0
    job = office.query("SELECT id, status, attempts FROM jobs WHERE kind = 'topic'")[0]
    assert (job.status, job.attempts) == ("failed", 4)
    with office.database.read() as db:
        shown = incidents.open_incidents(office.context(db))
    assert [(i.case_number, i.kind) for i in shown] == [("6.4-2570-0001", "handler")]
    assert "the register did not answer" in shown[0].message
    with office.database.write() as db:
        jobs.retry(office.context(db), job.id, office.person("admin"))
    assert office.tick() == 1
    assert [t.element for t in office.open(case)] == ["S1_memo"]


def test_a_case_under_retry_can_be_cancelled(office: Office, fault: Fault) -> None:
    from engine import cases

    fault.left = 9
    case = office.start("link_termination", "it")
    office.do(case, "S1", "it", **GOOD)
    with office.database.write() as db:
        cases.cancel(office.context(db), case, office.person("admin"), "ยกเลิก")
    assert office.tick(days=1) == 0


def test_a_cancelled_case_leaves_no_failed_job_and_no_incident(office: Office, fault: Fault) -> None:
    from engine import cases

    fault.left = 9
    case = office.start("link_termination", "it")
    office.do(case, "S1", "it", **GOOD)
    assert [office.tick(seconds=31), office.tick(minutes=6), office.tick(minutes=61)] == [1, 1, 1]
    with office.database.write() as db:
        cases.cancel(office.context(db), case, office.person("admin"), "ยกเลิก")
    assert office.query("SELECT id FROM jobs") == []
    assert office.query("SELECT id FROM incidents WHERE resolved_at IS NULL") == []


def test_a_result_of_the_wrong_type_is_a_failure(office: Office) -> None:
    found = topics()
    real = found._topics["registry-read"]
    found._topics["registry-read"] = replace(real, run=lambda _given, _call: {"holder_unit": "it_dept"})
    office.engine = Engine(found, office.engine.library, office.engine.clock, files=office.engine.files)
    case = office.start("link_termination", "it")
    office.do(case, "S1", "it", **GOOD)
    assert office.query("SELECT kind FROM incidents")[0].kind == "handler"
