"""What is measured in one round, and how large: every system in a process of its own, on a database of its own."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import models
from benchmarks.run import FOLDER, execute, run

PEERS = FOLDER / "benchmarks" / "peers"
VIEWFLOW = FOLDER / ".venv-bench" / "bin" / "python"


@dataclass(frozen=True)
class Size:
    """How much of everything.

    The long workloads and the peers take part in the first `slow_rounds` of `rounds`. `sample` and `slow_sample`
    are how many of W2's completions ours and naive measure. No round begins after `budget` seconds.
    """

    rounds: int
    slow_rounds: int
    cases: int
    sample: int
    slow_sample: int
    seconds: float
    web_rounds: int
    budget: float
    worklist: bool


FULL = Size(5, 5, cases=20, sample=1_000, slow_sample=40, seconds=2.0, web_rounds=5, budget=1_200, worklist=True)
QUICK = Size(3, 1, cases=4, sample=50, slow_sample=6, seconds=0.4, web_rounds=1, budget=15, worklist=False)


@dataclass
class Bench:
    """One run: its folder, its size, and the PostgreSQL databases it may use."""

    folder: Path
    size: Size
    postgres: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def systems(self, number: int) -> list[str]:
        """The systems of a round; peers take part in as many rounds as the size says."""
        names = ["ours", "naive", "floor", *(("ours_pg", "floor_pg") if self.postgres else ())]
        return [*names, *(("bpmn_engine", "viewflow") if number < self.size.slow_rounds else ())]

    def measure(self, system: str, number: int) -> dict[str, Any]:
        """One system, once."""
        found: dict[str, Any] = getattr(self, f"_{system}")(number)
        return found

    def prepare(self) -> None:
        """The databases that ours starts from; peers that cannot run are noted."""
        run("ours", {"prepare": True, "database": self._sqlite("stage")})
        if self.postgres:
            run("ours", {"prepare": True, "database": self.postgres["ours"]})
        if shutil.which("node") is None or not (PEERS / "node_modules").is_dir():
            self.absent["bpmn_engine"] = "Node or its packages are missing (npm ci in benchmarks/peers)"
        if not VIEWFLOW.exists():
            self.absent["viewflow"] = "its environment .venv-bench is missing"

    def writers(self) -> dict[str, Any]:
        """Two processes that complete W1 on one SQLite file at once."""
        url = self._copy("writers")
        return run("writers", {"database": url, "cases": self.size.cases})

    def worklist(self) -> dict[str, Any]:
        """The worklist among 100,000 open tasks."""
        asked = {"database": self._sqlite("worklist"), "tasks": 100_000, "audited": 1_000_000, "repeats": 30}
        return run("worklist", asked)

    # -- systems ----------------------------------------------------------------------------------

    def _ours(self, number: int) -> dict[str, Any]:
        long = number < self.size.slow_rounds
        workloads = {"w1": self.size.cases, "w2_10": 10, "w2_60": 60, "w2_300": 300, "w3_100": 100}
        workloads |= {"w2_1000": 1_000, "w3_1000": 1_000} if long else {}
        asked = {"database": self._copy(f"ours-{number}"), "workloads": workloads, "sample": self.size.sample}
        return run("ours", {**asked, "facts": number == 0})

    def _ours_pg(self, _number: int) -> dict[str, Any]:
        workloads = {"w1": self.size.cases, "w2_300": 300, "w3_100": 100}
        return run("ours", {"database": self.postgres["ours"], "workloads": workloads, "sample": self.size.sample})

    def _naive(self, number: int) -> dict[str, Any]:
        long = number < self.size.slow_rounds
        workloads = {"w1": self.size.cases, "w2_300": 300, "w3_100": 100}
        workloads |= {"w2_60": 60} if long else {}
        workloads |= {"w2_1000": 1_000} if self.size is FULL else {}
        path = str(self.folder / f"naive-{number}.db")
        return run("naive", {"path": path, "sample": self.size.slow_sample, "workloads": workloads})

    def _floor(self, number: int) -> dict[str, Any]:
        return run("floor", {"database": self._sqlite(f"floor-{number}"), "count": 20 * self.size.cases})

    def _floor_pg(self, _number: int) -> dict[str, Any]:
        return run("floor", {"database": self.postgres["floor"], "count": 20 * self.size.cases})

    def _bpmn_engine(self, number: int) -> dict[str, Any]:
        drawn = {"w1": 0, "w2_60": 60, "w2_300": 300, "w3_100": 0}
        diagrams = {name: models.diagram(name[:2], models.BPMN_ENGINE, count) for name, count in drawn.items()}
        workloads = {name: int(name.partition("_")[2] or self.size.cases) for name in drawn}
        asked = {"path": str(self.folder / f"bpmn-{number}"), "warm": 2 * self.size.cases}
        return execute(
            ["node", str(PEERS / "bpmn_engine.mjs")], {**asked, "diagrams": diagrams, "workloads": workloads}
        )

    def _viewflow(self, number: int) -> dict[str, Any]:
        workloads = {"w1": self.size.cases, "w3_100": 100}
        asked = {"path": str(self.folder / f"viewflow-{number}.db"), "workloads": workloads}
        return execute([str(VIEWFLOW), "-m", "benchmarks.peers.viewflow_peer"], asked)

    def _sqlite(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.db"

    def _copy(self, name: str) -> str:
        for part in self.folder.glob("stage.db*"):
            shutil.copy(part, self.folder / part.name.replace("stage", name))
        return self._sqlite(name)


TITLES = {
    "ours": "**Prasan, SQLite**", "ours_pg": "**Prasan, PostgreSQL**", "naive": "SpiffWorkflow, naive, SQLite",
    "bpmn_engine": "bpmn-engine (npm), state file", "viewflow": "django-viewflow, SQLite",
    "floor/core": "floor: SQLAlchemy Core, SQLite", "floor/insert": "floor: one INSERT, SQLite",
    "floor_pg/core": "floor: SQLAlchemy Core, PostgreSQL", "floor_pg/insert": "floor: one INSERT, PostgreSQL",
}
PYTHON = f"Python {sys.version.split()[0]}"
