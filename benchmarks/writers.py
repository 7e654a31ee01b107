"""Two people at once on one SQLite file, each in a process of their own: how long the slowest waits."""

from __future__ import annotations

import multiprocessing

from benchmarks.meter import Meter, plan, quantile, report
from benchmarks.ours import Office


def write(url: str, cases: int, said: multiprocessing.Queue[list[float]]) -> None:
    """Complete W1 cases as fast as possible."""
    office, meter = Office(url), Meter()
    office.steps(Meter(), "bench_w1", 1)
    office.steps(meter, "bench_w1", cases)
    said.put(meter.wall)


def main() -> None:
    """Do the plan."""
    wanted = plan()
    context = multiprocessing.get_context("spawn")
    said: multiprocessing.Queue[list[float]] = context.Queue()
    writing = [context.Process(target=write, args=(wanted["database"], wanted["cases"], said)) for _ in range(2)]
    for each in writing:
        each.start()
    wall = [time for _ in writing for time in said.get(timeout=120)]
    for each in writing:
        each.join(10)
    report({"count": len(wall), "p50": quantile(wall, 0.5) / 1_000, "p99": quantile(wall, 0.99) / 1_000})


if __name__ == "__main__":
    main()
