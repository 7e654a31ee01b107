"""Agreements that end: reminders 90, 60 and 30 days before, then 6.4 by itself, each exactly once."""

from __future__ import annotations

from engine import expiry
from tests.conftest import Office


def watch(office: Office, **delta: float) -> int:
    office.clock.forward(**delta)
    with office.database.write() as db:
        return expiry.watch(office.context(db))


def reminders(office: Office) -> list[tuple[str, int]]:
    query = "SELECT l.number, r.days FROM link_reminders r JOIN links l ON l.id = r.link_id ORDER BY r.at, l.number"
    return [(row.number, row.days) for row in office.query(query)]


def test_each_threshold_reminds_once_and_late_runs_do_not_repeat(office: Office) -> None:
    assert watch(office) == 2
    assert reminders(office) == [("L-2570-0002", 90), ("L-2570-0004", 30)]
    assert watch(office) == 0
    assert watch(office, days=16) == 1
    assert reminders(office)[-1] == ("L-2570-0002", 60)
    told = office.query("SELECT recipient, subject FROM messages WHERE case_id IS NULL")
    assert ("ฝ่าย วช.", "[L-2570-0002] ข้อตกลงการเชื่อมโยงจะสิ้นสุดใน 75 วัน") in [tuple(row) for row in told]


def test_an_ended_agreement_opens_one_case_for_the_unit_that_holds_it(office: Office) -> None:
    watch(office, days=25)
    watch(office, days=1)
    opened = office.query("SELECT id, number, data FROM cases")
    assert [row.number for row in opened] == ["6.4-2570-0001"]
    task = office.worklist("it")[0]
    assert task.element == "S1"
    office.do(opened[0].id, "S1", "it", link_no="L-2570-0004", criterion="CX3")
    assert [t.element for t in office.open(opened[0].id)] == ["S1_memo"]


def test_an_agreement_that_was_prolonged_is_watched_anew(office: Office) -> None:
    watch(office, days=20)
    with office.database.write() as db:
        db.exec_driver_sql("UPDATE links SET ends_on = '2027-11-30' WHERE number = 'L-2570-0004'")
    assert watch(office, days=30) == 1, "only the other link's reminder"
    assert office.query("SELECT id FROM cases") == []
