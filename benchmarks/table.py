"""The goals beside what was measured, and every figure of every system, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.systems import TITLES

Rounds = list[dict[str, Any]]
WORKLOADS = ("w1", "w2_10", "w2_60", "w2_300", "w2_1000", "w3_100", "w3_1000")


def figure(rounds: Rounds, system: str, workload: str, name: str) -> float | None:
    """The median of a figure over the rounds that have it; times in microseconds."""
    found = [value for each in rounds if (value := _one(each, system, workload, name)) is not None]
    return statistics.median(found) if found else None


def ratio(rounds: Rounds, over: tuple[str, str, str], under: tuple[str, str, str]) -> float | None:
    """The median of the ratios of two figures, each ratio taken inside one round."""
    pairs = [(_one(each, *over), _one(each, *under)) for each in rounds]
    found = [a / b for a, b in pairs if a is not None and b]
    return statistics.median(found) if found else None


def _one(each: dict[str, Any], system: str, workload: str, name: str) -> float | None:
    value: float | None = each.get(system, {}).get(workload, {}).get(name)
    return value


Goal = tuple[str, str, float | None, str, bool | None]  # what, goal, measured, unit, met


def goals(rounds: Rounds, extra: dict[str, Any]) -> Iterator[Goal]:
    """Every goal with what was measured in this run."""
    yield from _speed(rounds)
    facts: dict[str, Any] = next((each["ours"] for each in rounds if "statements" in each.get("ours", {})), {})
    statements, stored = facts.get("statements", {}), facts.get("stored", {})
    yield _most("SQL statements per completion (most of W1)", 12, statements.get("most"))
    yield _most("commits per completion", 1, statements.get("commits"))
    small, large = stored.get("1536"), stored.get("12288")
    yield _most("stored per finished 3-task case, 1.5 KB of answers", 8, small and small / 1_024, "KB")
    share = small and large and (large / 12_288) / (small / 1_536)
    yield _most("… per byte of answers, 12 KB against 1.5 KB (linear in the answers)", 1, share, "×")
    for workload in ("w1", "w2_300", "w3_100"):
        written = ratio(rounds, ("ours_pg", workload, "wal"), ("floor_pg", "insert", "wal"))
        yield _most(f"PostgreSQL WAL per completion, {_title(workload)}, against one INSERT", 6, written, "×")
    yield _most("SQLite, 2 writers: completion p99", 100, extra.get("writers", {}).get("p99"), "ms")
    yield from _web(extra.get("http", {}))
    found = extra.get("worklist", {})
    yield _most("worklist, 100,000 open tasks, 1 M audit rows: p95", 60, found.get("p95"), "ms")
    yield _most("… statements", 6, found.get("statements"))


def _speed(rounds: Rounds) -> Iterator[Goal]:
    cpu = ratio(rounds, ("ours", "w1", "cpu"), ("naive", "w1", "cpu"))
    yield _most("W1 completion, CPU against naive SpiffWorkflow", 0.8, cpu, "×")
    for workload in ("w2_300", "w3_100"):
        rate = ratio(rounds, ("ours", workload, "rate"), ("naive", workload, "rate"))
        yield _least(f"{_title(workload)}, completions per second against naive", 10, rate, "×")
    grown = ratio(rounds, ("ours", "w3_1000", "last"), ("ours", "w3_1000", "first"))
    yield _most("W3: last 50 rounds of 1,000 against the first 50, CPU", 1.2, grown, "×")
    wide = ratio(rounds, ("ours", "w2_1000", "cpu"), ("ours", "w2_10", "cpu"))
    yield _most("W2: one of 1,000 units against one of 10, CPU", 1.5, wide, "×")


def _web(http: dict[str, Any]) -> Iterator[Goal]:
    one, four = http.get("clients_1", {}), http.get("clients_4", {})
    yield _least("HTTP list + show + submit, 4 clients", 130, four.get("cycles"), "/s")
    yield _least("… 4 clients against 1", 1, four["cycles"] / one["cycles"] if one and four else None, "×")
    yield _most("… submit p95 at 1 client", 25, one.get("submitted_p95"), "ms")
    for name, place in (("SQLite", http), ("PostgreSQL", http.get("postgresql", {}))):
        what = f"/engine-rest completion against HTTP + one INSERT behind the same server, 4 clients, {name}"
        yield _least(what, 0.3, place.get("rest_share"), "×")
    yield _most("web process, resident", 120, http.get("rss"), "MB")


def _most(what: str, goal: float, measured: float | None, unit: str = "") -> Goal:
    return what, f"≤ {goal:g} {unit}".strip(), measured, unit, None if measured is None else measured <= goal


def _least(what: str, goal: float, measured: float | None, unit: str = "") -> Goal:
    return what, f"≥ {goal:g} {unit}".strip(), measured, unit, None if measured is None else measured >= goal


def _title(workload: str) -> str:
    name, _, count = workload.partition("_")
    return f"{name.upper()}{' ×' if name == 'w3' and count else ' '}{count}".strip()


def markdown(rounds: Rounds, extra: dict[str, Any]) -> str:
    """The whole page of results."""
    return "\n".join([*_goal_table(rounds, extra), "", *_figures(rounds), "", *_clients(extra.get("http", {}))])


def _goal_table(rounds: Rounds, extra: dict[str, Any]) -> Iterator[str]:
    yield "| goal | wanted | measured | |"
    yield "|---|--:|--:|---|"
    for what, goal, measured, unit, met in goals(rounds, extra):
        shown = "–" if measured is None else f"{_number(measured)} {unit}".strip()
        yield f"| {what} | {goal} | {shown} | {'not measured' if met is None else 'met' if met else '**not met**'} |"


def _figures(rounds: Rounds) -> Iterator[str]:
    yield "| workload | system | completions/s | CPU µs | p50 ms | p95 ms | spread of CPU | WAL bytes |"
    yield "|---|---|--:|--:|--:|--:|--:|--:|"
    for workload in WORKLOADS:
        for key, title in TITLES.items():
            system, _, part = key.partition("/")
            name = part if part and workload == "w1" else workload
            rate = None if part and workload != "w1" else figure(rounds, system, name, "rate")
            if rate is not None:
                yield _row(rounds, workload, title, system, name, rate)


def _row(rounds: Rounds, workload: str, title: str, system: str, name: str, rate: float) -> str:
    cpu = [value for each in rounds if (value := _one(each, system, name, "cpu")) is not None]
    p50, p95 = (figure(rounds, system, name, which) or 0 for which in ("p50", "p95"))
    wal = figure(rounds, system, name, "wal")
    times = [f"{p50 / 1_000:.2f}", f"{p95 / 1_000:.2f}", f"{_number(min(cpu))}-{_number(max(cpu))}"]
    written = _number(wal) if wal else ""
    cells = [_title(workload), title, _number(rate), _number(statistics.median(cpu)), *times, written]
    return f"| {' | '.join(cells)} |"


def _clients(http: dict[str, Any]) -> Iterator[str]:
    if not http:
        return
    yield "| clients | cycles/s | list p50 / p95 ms | show p50 / p95 ms | submit p50 / p95 ms |"
    yield "|--:|--:|--:|--:|--:|"
    for name, each in http.items():
        if name.startswith("clients_"):
            pages = ("listed", "shown", "submitted")
            parts = [f"{each[f'{page}_p50']:.1f} / {each[f'{page}_p95']:.1f}" for page in pages]
            yield f"| {name.partition('_')[2]} | {_number(each['cycles'])} | {' | '.join(parts)} |"
    yield ""
    yield "| completions alone, 4 clients | by programs /s | by clerks /s | one INSERT /s |"
    yield "|---|--:|--:|--:|"
    for name, place in (("SQLite", http), ("PostgreSQL", http.get("postgresql", {}))):
        if place:
            cells = [f"{_number(place[key])} ({_number(place[f'{key}_share'])} ×)" for key in ("rest", "submits")]
            yield f"| {name} | {' | '.join(cells)} | {_number(place['floor'])} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
