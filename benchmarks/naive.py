"""SpiffWorkflow as its own examples keep it: deserialize_json, run, serialize_json, one commit on SQLite."""

from __future__ import annotations

import io
import random
import sqlite3
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from benchmarks import models
from benchmarks.floor import open_sqlite
from benchmarks.meter import Meter, plan, report


class Shelf:
    """Workflows as text in one table."""

    def __init__(self, path: str) -> None:
        self.chance = random.Random(path)
        self.serializer = BpmnWorkflowSerializer()
        self.db: sqlite3.Connection = open_sqlite(path)
        self.db.execute("CREATE TABLE IF NOT EXISTS workflows (id INTEGER PRIMARY KEY, state TEXT NOT NULL)")

    def start(self, name: str, count: int = 0) -> int:
        """A new workflow at its first user task; returns its id."""
        parser = BpmnParser()
        drawn = models.diagram(name, models.SPIFF, count).encode()
        parser.add_bpmn_xml(etree.parse(io.BytesIO(drawn)))
        workflow = BpmnWorkflow(parser.get_spec(f"bench_{name}"))
        workflow.do_engine_steps()
        state = self.serializer.serialize_json(workflow)
        return int(self.db.execute("INSERT INTO workflows (state) VALUES (?)", (state,)).lastrowid or 0)

    def load(self, key: int) -> BpmnWorkflow:
        """A workflow from its text."""
        (state,) = self.db.execute("SELECT state FROM workflows WHERE id = ?", (key,)).fetchone()
        return self.serializer.deserialize_json(state)

    def save(self, key: int, workflow: BpmnWorkflow) -> None:
        """The workflow back to text, durably."""
        state = self.serializer.serialize_json(workflow)
        self.db.execute("UPDATE workflows SET state = ? WHERE id = ?", (state, key))

    def complete(self, key: int, given: dict[str, Any]) -> None:
        """One completion: read, run, write, commit."""
        self.db.execute("BEGIN IMMEDIATE")
        workflow = self.load(key)
        _step(workflow, given)
        self.save(key, workflow)
        self.db.execute("COMMIT")

    def do(self, meter: Meter, key: int, step: str, decision: str = "approve") -> None:
        """Complete the next task of a workflow and measure it."""
        given = models.answers(step, self.chance, decision=decision)
        meter.time(lambda: self.complete(key, given))

    # -- workloads --------------------------------------------------------------------------------

    def steps(self, meter: Meter, count: int) -> None:
        """W1."""
        keys = [self.start("w1") for _ in range(count)]
        for number in range(1, 9):
            for key in keys:
                self.do(meter, key, f"u{number}")

    def many(self, meter: Meter, name: str, count: int, sample: int) -> None:
        """W2 or W3; of many completions the `sample` in the middle are measured, the rest done in memory."""
        key = self.start(name, count)
        ahead = (count - sample) // 2
        workflow = self.load(key)
        for _ in range(ahead):
            _step(workflow, models.answers("u1", self.chance, decision="return"))
        self.save(key, workflow)
        for _ in range(sample):
            self.do(meter, key, "u1", "return")


def _step(workflow: BpmnWorkflow, given: dict[str, Any]) -> None:
    task = workflow.get_next_task(state=TaskState.READY, manual=True)
    task.data.update(given)
    task.run()
    workflow.do_engine_steps()


def measure(shelf: Shelf, name: str, count: int, sample: int) -> dict[str, Any]:
    """One workload."""
    meter = Meter()
    if name == "w1":
        shelf.steps(meter, count)
    else:
        shelf.many(meter, name[:2], count, min(sample, count))
    return meter.result()


def main() -> None:
    """Do the plan."""
    wanted = plan()
    shelf = Shelf(wanted["path"])
    shelf.steps(Meter(), 2)
    report({name: measure(shelf, name, count, wanted["sample"]) for name, count in wanted["workloads"].items()})


if __name__ == "__main__":
    main()
