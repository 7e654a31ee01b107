"""Once a day: drafts and sessions nobody needs go, agreements are watched, and it may run twice."""

from __future__ import annotations

from engine import housekeeping, sessions, tasks
from tests.conftest import Office


def test_the_day_clears_what_is_over_and_keeps_what_is_open(office: Office) -> None:
    case = office.start("link_termination", "it")
    other = office.start("link_termination", "it")
    it = office.person("it")
    with office.database.write() as db:
        ctx = office.context(db)
        for one in (case, other):
            tasks.save_draft(ctx, office.open(one)[0].id, it, {"reason": "ร่าง"})
        sessions.start(ctx, it.id)
    office.do(case, "S1", "it", link_no="L-2570-0001", criterion="CX3")
    office.clock.forward(hours=13)
    for _ in range(2):
        with office.database.write() as db:
            housekeeping.daily(office.context(db))
    kept = office.query("SELECT t.case_id FROM drafts d JOIN tasks t ON t.id = d.task_id")
    assert [row.case_id for row in kept] == [other]
    assert office.query("SELECT id FROM sessions") == []
