"""The worklist in an organisation with history: 100,000 open tasks and a million audit rows on SQLite."""

from __future__ import annotations

import functools
import random
import statistics
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.meter import Meter, plan, quantile, report
from benchmarks.ours import Office, prepare
from engine import todo

GROUPS = ("it_dept", "vc_dept", "np_dept", "housing", "estate", "community", "finance", "legal", "wg_seam", "dgc")
CASES = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO cases
    (id, number, definition_id, process, title, status, started_at, started_by, version, data, state, audit_head)
SELECT printf('%032x', i), 'bench-' || i,
    definition_id, process, title, status, started_at, started_by, version, data, state, audit_head
FROM n, (SELECT * FROM cases LIMIT 1)
"""
TASKS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO tasks (id, case_id, token, element, name, role, status, created_at, due_at, candidates)
SELECT printf('%032x', i), printf('%032x', i), printf('%032x', i), 'u1', 'u1', 'it_dept', 'open',
    datetime('2026-01-01', i || ' seconds') || '.000000',
    datetime('2026-11-01', (i * 7919 % 100000) || ' seconds') || '.000000',
    json_array(CASE i % 10 WHEN 0 THEN 'it_dept' ELSE 'group_' || (i % 10) END)
FROM n
"""
CANDIDATES = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO candidates (candidate, task_id)
SELECT CASE i % 10 WHEN 0 THEN 'it_dept' ELSE 'group_' || (i % 10) END, printf('%032x', i) FROM n
"""
AUDIT = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO audit (case_id, at, tag, person, detail, digest)
SELECT printf('%032x', 1 + i % :cases), '2026-01-01 00:00:00.000000', 'task:done', 'it', '{}', '' FROM n
"""


def fill(db: Connection, open_tasks: int, audited: int) -> None:
    """Cases with one open task each, spread over ten groups, and their history, as plain SQL."""
    for statement in (CASES, TASKS, CANDIDATES):
        db.execute(text(statement), {"count": open_tasks})
    db.execute(text(AUDIT), {"count": audited, "cases": open_tasks})


def main() -> None:
    """Do the plan."""
    wanted = plan()
    prepare(wanted["database"])
    office, meter, totals = Office(wanted["database"]), Meter(), dict[str, int]()
    office.start("bench_three")
    with office.database.write() as db:
        fill(db, wanted["tasks"], wanted["audited"])
    chance, person = random.Random(1), office.people["it_dept"]
    for _ in range(wanted["repeats"]):
        page = chance.choice((1, 1, 1, 2, 3))
        with office.counted(totals), office.database.read() as db:
            ctx = office.engine.context(db)
            meter.time(functools.partial(todo.worklist, ctx, person, page=page))
    result: dict[str, Any] = {"p95": quantile(meter.wall, 0.95) / 1_000, "p50": statistics.median(meter.wall) / 1_000}
    report({**result, "statements": totals["statements"]})


if __name__ == "__main__":
    main()
