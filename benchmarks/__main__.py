"""`make bench`: every system interleaved in random order, medians, one table, benchmarks/latest.json.

QUICK=1 takes fewer repeats, ONLY=http (or writers, worklist) that part alone. Everything
that is started is stopped; a timing decides nothing.
"""

from __future__ import annotations

import functools
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks import http_part
from benchmarks.run import FOLDER, SystemFailed
from benchmarks.systems import FULL, PYTHON, QUICK, Bench
from benchmarks.table import markdown
from tests.postgres import Cluster

LATEST = FOLDER / "benchmarks" / "latest.json"
DATABASES = ("ours", "floor", "web")


@contextmanager
def postgres(absent: dict[str, str]) -> Iterator[dict[str, str]]:
    """Two empty databases on BENCH_DATABASE_URL's server or on a private one; none where there is no PostgreSQL."""
    given = os.environ.get("BENCH_DATABASE_URL")
    if given:
        with _databases_on(given) as urls:
            yield urls
        return
    try:
        cluster = Cluster()
    except (OSError, KeyError, RuntimeError) as error:
        absent["PostgreSQL"] = str(error).strip().splitlines()[-1]
        yield {}
        return
    try:
        for name in DATABASES:
            cluster.create(name)
        yield {name: cluster.url(name) for name in DATABASES}
    finally:
        cluster.close()


@contextmanager
def _databases_on(url: str) -> Iterator[dict[str, str]]:
    names = {name: f"prasan_bench_{os.getpid()}_{name}" for name in DATABASES}
    with psycopg.connect(url, autocommit=True) as server:
        for name in names.values():
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            head, _, query = url.partition("?")
            base = head.rpartition("/")[0]
            yield {key: f"{base}/{name}{'?' if query else ''}{query}" for key, name in names.items()}
        finally:
            for name in names.values():
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def main() -> None:
    """Measure, print, keep."""
    size = QUICK if os.environ.get("QUICK", "") not in ("", "0") else FULL
    begun, absent = time.monotonic(), dict[str, str]()
    with tempfile.TemporaryDirectory(prefix="prasan-bench-") as folder, postgres(absent) as databases:
        bench = Bench(Path(folder), size, databases, absent)
        bench.prepare()
        load = [os.getloadavg()[0]]
        rounds: list[dict[str, Any]] = []
        wanted = 0 if "ONLY" in os.environ else size.rounds
        while len(rounds) < wanted and (not rounds or time.monotonic() - begun < size.budget):
            rounds.append(_round(bench, len(rounds), load))
        extra = _extra(bench)
    load.append(os.getloadavg()[0])
    noise = {"load": [round(each, 2) for each in load], "seconds": round(time.monotonic() - begun)}
    page = f"{_heading(len(rounds), noise, absent)}\n\n{markdown(rounds, extra)}\n"
    print(page)
    kept = {"rounds": rounds, "extra": extra, "noise": noise, "absent": absent, "table": page}
    LATEST.write_text(json.dumps(kept, indent=1))


def _round(bench: Bench, number: int, load: list[float]) -> dict[str, Any]:
    """Every system once, in a new random order."""
    found: dict[str, Any] = {}
    systems = [name for name in bench.systems(number) if name not in bench.absent]
    for system in random.sample(systems, len(systems)):
        _say(f"round {number + 1} of {bench.size.rounds}: {system}")
        kept = _try(bench.absent, system, functools.partial(bench.measure, system, number))
        if kept is not None:
            found[system] = kept
    load.append(os.getloadavg()[0])
    return found


def _extra(bench: Bench) -> dict[str, Any]:
    """What is measured once."""
    acts: dict[str, Callable[[], dict[str, Any]]] = {
        "writers": bench.writers,
        "http": lambda: http_part.measure(
            bench.folder, bench.size.seconds, bench.size.web_rounds, 8 * bench.size.cases, bench.postgres
        ),
    }
    if bench.size.worklist:
        acts["worklist"] = bench.worklist
    found: dict[str, Any] = {}
    for name, act in acts.items():
        if os.environ.get("ONLY", name) != name:
            continue
        _say(name)
        kept = _try(bench.absent, name, act)
        if kept is not None:
            found[name] = kept
    return found


def _try(absent: dict[str, str], name: str, act: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """A system that cannot run is left out and named; the others go on."""
    try:
        return act()
    except (SystemFailed, RuntimeError, OSError) as error:
        absent[name] = str(error)
        return None


def _heading(rounds: int, noise: dict[str, Any], absent: dict[str, str]) -> str:
    machine = f"{PYTHON}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    load = ", ".join(map(str, noise["load"]))
    line = f"{machine}; medians of {rounds} interleaved rounds, {noise['seconds']} s; load average by round: {load}."
    return "\n".join([line, *(f"Left out: {name}: {why}" for name, why in absent.items())])


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
