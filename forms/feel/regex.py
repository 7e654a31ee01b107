"""Runs regular expressions in time linear in the text, whatever the pattern (Thompson, Pike).

Python's own `re` backtracks: a pattern such as `(a+)+$` would stop the whole server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from forms.feel.limits import FeelLimitError, short_enough, tick
from forms.feel.pattern import PatternError, Program, compile_pattern, is_newline, is_word

MAX_WORK = 2_000_000
Groups = tuple[int | None, ...]
Threads = list[tuple[int, Groups]]


def search(pattern: str, text: str, flags: str = "") -> bool | None:
    """Whether the pattern is found; None when it is not a usable pattern."""
    program = _program(pattern, flags)
    return None if program is None else find(program, text, 0) is not None


def replace(pattern: str, text: str, replacement: str, flags: str = "") -> str | None:
    """The text with every match replaced; `$0` or `$&` is the match, `$1` a group."""
    program = _program(pattern, flags)
    if program is None:
        return None
    parts: list[str] = []
    last = 0
    for groups in find_all(program, text):
        parts += [text[last : groups[0]], _expand(replacement, text, groups)]
        last = groups[1] or 0
        if len(parts) % 64 == 0:
            short_enough("".join(parts))
    return short_enough("".join([*parts, text[last:]]))


def split(pattern: str, text: str) -> list[str | None] | None:
    """The parts of the text between matches, with the groups of each match in between as JavaScript does."""
    program = _program(pattern, "")
    if program is None:
        return None
    if not text:
        return [] if find(program, text, 0) else [text]
    parts: list[str | None] = []
    last = 0
    for groups in find_all(program, text):
        start, end = groups[0] or 0, groups[1] or 0
        if (end == start and start in (0, len(text))) or start >= len(text):
            continue
        parts.append(text[last:start])
        parts += [_group(text, groups, number) for number in range(1, program.groups + 1)]
        last = end
    return [*parts, text[last:]]


@lru_cache(maxsize=1024)
def _program(pattern: str, flags: str) -> Program | None:
    try:
        return compile_pattern(pattern, "".join(sorted(set(flags))))
    except PatternError:
        return None


def _group(text: str, groups: Groups, number: int) -> str | None:
    start, end = groups[2 * number], groups[2 * number + 1]
    return None if start is None or end is None else text[start:end]


def _expand(replacement: str, text: str, groups: Groups) -> str:
    def one(match: re.Match[str]) -> str:
        name = match[1]
        if name == "$":
            return "$"
        if name in ("&", "0"):
            return text[groups[0] : groups[1]]
        number = int(name)
        return _group(text, groups, number) or "" if 2 * number < len(groups) else match[0]

    return re.sub(r"\$(\$|&|\d)", one, replacement)


def find_all(program: Program, text: str) -> Iterator[Groups]:
    """Matches from left to right that do not overlap."""
    place = 0
    while place <= len(text):
        groups = find(program, text, place)
        if groups is None:
            return
        yield groups
        end = groups[1] or 0
        place = end + 1 if end == groups[0] else end


def find(program: Program, text: str, start: int) -> Groups | None:
    """The leftmost match from a place on, as start and end of each group; FeelLimitError when both are too large."""
    if (len(text) - start + 1) * len(program.steps) > MAX_WORK:
        raise FeelLimitError("the text is too long for its pattern")
    empty: Groups = (None,) * (2 * program.groups + 2)
    threads: Threads = []
    found: Groups | None = None
    for place in range(start, len(text) + 1):
        seen: set[int] = set()
        current: Threads = []
        for thread in threads if found else [*threads, (0, empty)]:
            _follow(program, text, place, thread, seen, current)
        tick(1 + len(current) // 8)
        character = text[place : place + 1]
        threads = []
        for position, groups in current:
            step = program.steps[position]
            if step.kind == "match":
                found = groups
                break
            if character and step.test and step.test(character):
                threads.append((position + 1, groups))
        if found and not threads:
            return found
    return found


def _follow(program: Program, text: str, place: int, thread: tuple[int, Groups], seen: set[int], out: Threads) -> None:
    """Follow the instructions that read nothing, in order of preference."""
    stack = [thread]
    while stack:
        position, groups = stack.pop()
        if position in seen:
            continue
        seen.add(position)
        step = program.steps[position]
        if step.kind == "split":
            stack += [(step.second, groups), (step.first, groups)]
        elif step.kind == "jump":
            stack.append((step.first, groups))
        elif step.kind == "save":
            stack.append((position + 1, (*groups[: step.first], place, *groups[step.first + 1 :])))
        elif step.kind == "assert":
            if _holds(step.text, program.multiline, text, place):
                stack.append((position + 1, groups))
        else:
            out.append((position, groups))


def _holds(kind: str, multiline: bool, text: str, place: int) -> bool:
    before, after = text[place - 1 : place] if place else "", text[place : place + 1]
    if kind == "^":
        return not before or (multiline and is_newline(before))
    if kind == "$":
        return not after or (multiline and is_newline(after))
    at_edge = is_word(before) != is_word(after)
    return at_edge == (kind == "b")
