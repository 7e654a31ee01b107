"""F-11: people, workers and operators at the same five cases at once, and PostgreSQL never has to break a deadlock."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from engine import cases, jobs, tasks
from engine.context import Context
from engine.errors import PrasanError
from tests.conftest import Office
from tests.faults.scenes import LINK, asked_units, count, failing, problems, times, with_due_job

PEOPLE, WORKERS = 4, 2
ACTS = times(40, 2_000)  # of each thread
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


class Somebody:
    """Does what chance says, again and again; `came` counts what came of it."""

    def __init__(self, office: Office, seed: int, five: list[str]) -> None:
        self._office, self._five, self._chance = office, five, random.Random(seed)  # noqa: S311 - chosen at random
        self._people = {name: office.person(name) for name in ("it", "clerk", "admin")}
        broken = failing(office.engine.topics, "registry-read")  # so that workers have something to do
        self._engine = replace(office.engine, topics=broken)
        self.came: Counter[str] = Counter()

    def works(self) -> None:
        acts: Sequence[Callable[[Context, str], None]] = (self._claim, self._complete, self._release, self._draft)
        for _ in range(ACTS):
            act = self._chance.choices([*acts, self._suspend, self._cancel], [3, 4, 2, 2, 1, 0.3])[0]
            place = self._chance.randrange(len(self._five))
            self._do(act, self._five[place])
            if self._office.row(self._five[place]).status != "running":
                self._five[place] = self._another()

    def _do(self, act: Callable[[Context, str], None], case: str) -> None:
        try:
            self._office.database.command(lambda db: act(self._engine.context(db), case))
        except PrasanError as refusal:
            self.came[type(refusal).__name__] += 1
        else:
            self.came["done"] += 1

    def _another(self) -> str:
        return (
            asked_units(self._office) if self._chance.random() < 0.5 else self._office.start("link_termination", "it")
        )

    def _task(self, case: str) -> Any:
        """An open task of a case."""
        found = self._office.open(case)
        return self._chance.choice(found).id if found else "none"

    def _claim(self, ctx: Context, case: str) -> None:
        tasks.claim(ctx, self._task(case), self._people["clerk"])

    def _release(self, ctx: Context, case: str) -> None:
        tasks.release(ctx, self._task(case), self._people["admin"])

    def _draft(self, ctx: Context, case: str) -> None:
        tasks.save_draft(ctx, self._task(case), self._people["it"], {"reason": "ร่าง"})

    def _complete(self, ctx: Context, case: str) -> None:
        who = self._people[self._chance.choice(["clerk", "it"])]
        tasks.complete(ctx, self._task(case), who, {**self._office._answers["link_termination_S1"], **LINK})

    def _suspend(self, ctx: Context, case: str) -> None:
        cases.suspend(ctx, case, self._people["admin"], "รอ")
        cases.resume(ctx, case, self._people["admin"])

    def _cancel(self, ctx: Context, case: str) -> None:
        cases.cancel(ctx, case, self._people["admin"], "ยกเลิก")


@pytest.mark.parametrize("office", ["postgresql"], indirect=True)  # on SQLite one writes and all others wait
def test_nobody_waits_for_each_other(office: Office) -> None:
    five = [with_due_job(office), *(asked_units(office) for _ in range(2)), office.start("link_termination", "it")]
    people = [Somebody(office, seed, [*five, asked_units(office)]) for seed in range(PEOPLE)]
    over, before = threading.Event(), count(office, DEADLOCKS)
    fired = 0

    def worker(_: int) -> int:
        touched = 0
        while not over.is_set():
            touched += jobs.run_due(office.engine, office.database)
            office.clock.forward(hours=6)
        return touched

    with ThreadPoolExecutor(PEOPLE + WORKERS) as pool:
        working = [pool.submit(worker, number) for number in range(WORKERS)]
        for each in [pool.submit(person.works) for person in people]:
            each.result()
        over.set()
        fired = sum(each.result() for each in working)
    came = sum((person.came for person in people), Counter[str]())
    assert count(office, DEADLOCKS) == before == 0
    assert set(came).isdisjoint({"Busy", "Unavailable"}), came
    assert came["done"] > ACTS
    assert fired > 0
    assert problems(office) == []
