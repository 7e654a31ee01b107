"""Prasan itself: every completion through `engine.tasks.complete`, permission, form check and audit included."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select, text

from benchmarks import models
from benchmarks.meter import Meter, plan, report
from engine import cases, definitions, demo, people, tasks
from engine.context import Engine
from engine.database import Database
from engine.library import Library
from engine.people import Person
from engine.tables import tasks as task_rows
from engine.topics import Call, Topics

WORKLOADS = ("w1", "w2", "w3", "three")


@dataclass(frozen=True)
class Nothing:
    """A handler without input."""


@dataclass(frozen=True)
class Stamp:
    """What the automatic steps add to a case."""

    stamp: int


def topics() -> Topics:
    """One handler that does as little as the script of the peers."""
    found = Topics()
    found.add("stamp", "ประทับตรา", Nothing, Stamp, _stamp)
    return found


def _stamp(_given: Nothing, _call: Call) -> Stamp:
    return Stamp(1)


def prepare(url: str) -> None:
    """The schema, the demonstration's people and the benchmark's processes in an empty database."""
    database, engine = Database(url), Engine(topics(), Library())
    database.migrate()
    with database.write() as db:
        ctx = engine.context(db)
        demo.load(ctx)
        definitions.deploy(ctx, models.files(*WORKLOADS), "bench", "bench")
    database.close()


class Office:
    """The organisation at work on one database."""

    def __init__(self, url: str) -> None:
        self.database, self.engine = Database(url), Engine(topics(), Library())
        self.chance = random.Random(url)
        self.before: int | None = None  # where PostgreSQL's log stood before the first completion
        with self.database.read() as db:
            found = [people.by_username(self.engine.context(db), name) for name in models.LANES.values()]
        self.people = dict(zip(models.LANES, [each for each in found if each], strict=True))
        units = frozenset(str(number) for number in range(1, 1_001))
        self.people["all_units"] = Person("", "units", "", "", operator=False, candidates=units, unit=None)

    def start(self, process: str, data: dict[str, Any] | None = None) -> str:
        """Open a case; returns its id."""
        with self.database.write() as db:
            return cases.start(self.engine.context(db), process, self.people["it_dept"], data).id

    def open(self, case: str) -> list[Any]:
        """The open tasks of a case."""
        wanted = (task_rows.c.case_id == case) & (task_rows.c.status == "open")
        with self.database.read() as db:
            return list(db.execute(select(task_rows.c.id, task_rows.c.element, task_rows.c.role).where(wanted)))

    def complete(self, task: str, person: Person, given: dict[str, Any]) -> None:
        """Complete a task, durably."""
        self.database.command(lambda db: tasks.complete(self.engine.context(db), task, person, given))

    def do(self, meter: Meter, task: Any, size: int = 1_024, decision: str = "approve") -> None:
        """Complete a task and measure it."""
        given = models.answers(task.element, self.chance, size, decision)
        meter.time(lambda: self.complete(task.id, self.people[task.role], given))

    # -- workloads --------------------------------------------------------------------------------

    def steps(self, meter: Meter, process: str, count: int, size: int = 1_024) -> None:
        """Several cases of a process to their ends, in turn, so that none is hot."""
        opened = [self.start(process) for _ in range(count)]
        self.before = self.wal()
        while opened:
            left = []
            for case in opened:
                found = self.open(case)
                if found:
                    self.do(meter, found[0], size)
                    left.append(case)
            opened = left

    def units(self, meter: Meter, count: int, sample: int) -> None:
        """W2: every one of `count` units answers, or the first `sample` of them only."""
        case = self.start("bench_w2", {"count": count})
        self.before = self.wal()
        for task in self.open(case)[:sample]:
            self.do(meter, task)
        if sample >= count:
            self.do(Meter(), self.open(case)[0])
            self._must_end(case)

    def rounds(self, meter: Meter, count: int) -> None:
        """W3: the same step `count` times."""
        case = self.start("bench_w3")
        self.before = self.wal()
        for number in range(count):
            self.do(meter, self.open(case)[0], decision="return" if number < count - 1 else "approve")
        self._must_end(case)

    def _must_end(self, case: str) -> None:
        if self.open(case):
            raise AssertionError(f"case {case} has not ended")

    # -- what the database says -------------------------------------------------------------------

    @contextmanager
    def counted(self, totals: dict[str, int]) -> Iterator[None]:
        """Count statements and commits of what runs inside, as SQLite itself sees them."""
        totals.update(statements=0, commits=0)

        def ran(sql: str) -> None:
            totals["commits"] += sql.startswith("COMMIT")
            totals["statements"] += not sql.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA"))

        def watch(driver: Any, *_: Any) -> None:
            driver.set_trace_callback(ran)

        self.database.close()  # so that every connection is taken anew
        event.listen(self.database.engine, "connect", watch)
        yield
        event.remove(self.database.engine, "connect", watch)
        self.database.close()

    def statements(self) -> dict[str, Any]:
        """Statements of each completion of one W1 case."""
        case, each, commits = self.start("bench_w1"), [], 0
        while found := self.open(case):
            totals: dict[str, int] = {}
            with self.counted(totals):
                self.do(Meter(), found[0])
            each.append(totals["statements"])
            commits = max(commits, totals["commits"])
        return {"each": each, "most": max(each), "mean": sum(each) / len(each), "commits": commits}

    def size(self) -> int:
        """Bytes of the database in use."""
        with self.database.read() as db:
            if not self.database.sqlite:
                return int(db.execute(select(func.pg_database_size(func.current_database()))).scalar_one())
            free, pages = (db.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("freelist_count", "page_count"))
            return (int(pages) - int(free)) * int(db.execute(text("PRAGMA page_size")).scalar_one())

    def wal(self) -> int | None:
        """How far PostgreSQL's log has come, in bytes; None on SQLite."""
        if self.database.sqlite:
            return None
        with self.database.read() as db:
            return int(db.execute(text("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")).scalar_one())

    def stored(self, count: int, size: int) -> float:
        """Bytes that a finished case of three tasks leaves behind, `size` bytes of answers in all."""
        before = self.size()
        self.steps(Meter(), "bench_three", count, size // 3)
        return (self.size() - before) / count


def measure(office: Office, name: str, count: int, sample: int) -> dict[str, Any]:
    """One workload."""
    meter = Meter()
    if name == "w1":
        office.steps(meter, "bench_w1", count)
    elif name.startswith("w2"):
        office.units(meter, count, sample)
    else:
        office.rounds(meter, count)
    after = office.wal()
    written = None if office.before is None or after is None else (after - office.before) / len(meter.wall)
    return meter.result(wal=written)


def main() -> None:
    """Do the plan."""
    wanted = plan()
    if wanted.get("prepare"):
        prepare(wanted["database"])
        report({})
        return
    office = Office(wanted["database"])
    office.steps(Meter(), "bench_w1", 2)
    office.units(Meter(), 3, 3)
    office.rounds(Meter(), 3)
    sample = wanted.get("sample", 1_000)
    result: dict[str, Any] = {name: measure(office, name, count, sample) for name, count in wanted["workloads"].items()}
    if wanted.get("facts"):
        result["statements"] = office.statements()
        result["stored"] = {str(size): office.stored(40, size) for size in (1_536, 12_288)}
    status = Path("/proc/self/status").read_text()
    result["rss"] = int(status.partition("VmHWM:")[2].split()[0]) / 1_024
    report(result)


if __name__ == "__main__":
    main()
