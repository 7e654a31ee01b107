"""Django's viewflow: activate the open task, keep the answers, complete, commit (SQLite WAL, synchronous=FULL)."""

from __future__ import annotations

import random
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils.module_loading import import_string

from benchmarks import models
from benchmarks.meter import Meter, plan, report

APP = "benchmarks.peers.viewflow_peer"
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"


def prepare(path: str) -> None:
    """Django with one SQLite file."""
    options = {"transaction_mode": "IMMEDIATE", "init_command": PRAGMAS}
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "viewflow", "viewflow.workflow", APP],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True,
    )
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)


class Office:
    """Flows at work."""

    def __init__(self) -> None:
        flows = f"{APP}.flows"  # importable only when Django stands
        self.flows: dict[str, Any] = {name: import_string(f"{flows}.{name.upper()}") for name in ("w1", "w3")}
        self.chance = random.Random(1)

    def start(self, name: str) -> Any:
        """A new process; returns it."""
        with transaction.atomic():
            return self.flows[name].begin.run()

    def complete(self, task: Any, given: dict[str, Any]) -> None:
        """Complete a task, durably."""
        with transaction.atomic(), type(task).objects.get(pk=task.pk).activation() as activation:
            activation.assign(None)
            activation.start(None)
            activation.process.data.update(given)
            activation.process.save()
            activation.execute()

    def do(self, meter: Meter, process: Any, step: str, decision: str = "approve") -> None:
        """Complete the open task of a process and measure it."""
        task = process.task_set.filter(finished__isnull=True).get()
        given = models.answers(step, self.chance, decision=decision)
        meter.time(lambda: self.complete(task, given))

    def steps(self, meter: Meter, count: int) -> None:
        """W1."""
        opened = [self.start("w1") for _ in range(count)]
        for number in range(1, 9):
            for process in opened:
                self.do(meter, process, f"u{number}")

    def rounds(self, meter: Meter, count: int) -> None:
        """W3."""
        process = self.start("w3")
        for number in range(count):
            self.do(meter, process, "u1", "return" if number < count - 1 else "approve")


def main() -> None:
    """Do the plan."""
    wanted = plan()
    prepare(wanted["path"])
    office, result = Office(), {}
    office.steps(Meter(), 2)
    for name, count in wanted["workloads"].items():
        meter = Meter()
        (office.steps if name == "w1" else office.rounds)(meter, count)
        result[name] = meter.result()
    report(result)


if __name__ == "__main__":
    main()
