"""The linear-time regular expressions find what backtracking finds, without its cost."""

from __future__ import annotations

import itertools
import re
import time

import pytest

from forms.feel import FeelLimitError, regex
from forms.feel.pattern import PatternError, compile_pattern

PIECES = ("a", "b", ".", "[ab]", "[^a]", "(a|bc)", "(?:ab)", r"\d", r"\w", r"\bb", "^", "$")
TIMES = ("", "*", "+", "?", "{2}", "{1,2}", "{1,}", "*?", "+?")
TEXTS = ("", "a", "b", "ab", "aab", "abc", "bca", "cab", "a1b", "ab ab", "1 b", "aaaa", "bcbc", "c")


def usable(piece: str, times: str) -> bool:
    return not (times and piece in ("^", "$", r"\bb"))


PATTERNS = [
    first + once + second + twice
    for first, once, second, twice in itertools.product(PIECES, TIMES, PIECES[:9], ("", "*", "+?"))
    if usable(first, once)
][::7]


def test_finds_what_python_finds() -> None:
    for pattern in PATTERNS:
        expected = re.compile(pattern.replace("$", r"\Z"), re.ASCII)
        wrong = [text for text in TEXTS if regex.search(pattern, text) != bool(expected.search(text))]
        assert (pattern, wrong) == (pattern, [])


def test_prefers_the_match_that_backtracking_prefers() -> None:
    patterns = ("a*", "a+?", "(a|ab)(c|bcd)?", "[ab]{1,2}", "b??a")
    for pattern, text in itertools.product(patterns, ("aab", "abcd", "baba")):
        assert regex.replace(pattern, text, "<$0>") == re.sub(pattern, r"<\g<0>>", text)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^\d+$", "๑๒", False),
        (r"^a$", "a\n", False),
        (r"^[ก-๙\s]+$", "การ เคหะ", True),
        (r"\u0e01", "ก", True),
        (r"^\p{L}+$", "abc", True),
        (r"^[\w.-]+$", "a-b.c", True),
        (r"a{,2}", "a{,2}", True),
        (r"[]", "a", False),
        (r"[^]", "a", True),
        (r"\/", "/", True),
        ("(?<year>[0-9]{4})", "2569", True),
    ],
)
def test_reads_javascript(pattern: str, text: str, found: bool) -> None:
    assert regex.search(pattern, text) is found


REFUSED = [
    "(", ")", "[a", "a**", "+", "[b-a]", "(?=a)", "(?!a)", "(?<=a)", r"(a)\1", "a{3,2}", "a{999}{999}", "(a{99}){99}",
    "x" * 501, "\\", "{2}", r"\p{Thai}",
]  # fmt: skip


@pytest.mark.parametrize("pattern", REFUSED)
def test_refuses_what_it_cannot_run(pattern: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)
    assert regex.search(pattern, "a") is None


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){12}$", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_no_pattern_is_slow(pattern: str) -> None:
    started = time.perf_counter()
    regex.search(pattern, "a" * 1_000 + "!")
    assert time.perf_counter() - started < 1


def test_a_text_too_long_for_its_pattern_is_refused() -> None:
    with pytest.raises(FeelLimitError):
        regex.search("(a|b){100}", "a" * 20_000)
