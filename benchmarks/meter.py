"""Measures one act after another: wall time, processor time of this process, and what they sum up to.

A system is a program that takes a plan as JSON, does its workloads and prints one JSON
result. This module needs only Python itself, so that a peer in another environment uses it too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any


class Meter:
    """Times of the acts of one workload, in microseconds."""

    def __init__(self) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def time(self, act: Callable[[], Any]) -> None:
        """Do and measure one act."""
        cpu, wall = time.process_time_ns(), time.perf_counter_ns()
        act()
        self.wall.append((time.perf_counter_ns() - wall) / 1_000)
        self.cpu.append((time.process_time_ns() - cpu) / 1_000)

    def result(self, **more: Any) -> dict[str, Any]:
        """The figures of this workload: rate per second, times in microseconds."""
        edge = max(1, min(50, len(self.cpu) // 10))
        return {
            "count": len(self.wall), "rate": 1_000_000 * len(self.wall) / sum(self.wall), "cpu": mean(self.cpu),
            "p50": quantile(self.wall, 0.5), "p95": quantile(self.wall, 0.95), "p99": quantile(self.wall, 0.99),
            "first": quantile(self.cpu[:edge], 0.5), "last": quantile(self.cpu[-edge:], 0.5), **more,
        }


def mean(values: list[float]) -> float:
    """The mean."""
    return sum(values) / len(values)


def quantile(values: list[float], part: float) -> float:
    """The value that `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def plan() -> dict[str, Any]:
    """What this program shall do, from its only argument."""
    found: dict[str, Any] = json.loads(sys.argv[1])
    return found


def report(result: dict[str, Any]) -> None:
    """Hand the result to the program that asked."""
    print(json.dumps(result), flush=True)
