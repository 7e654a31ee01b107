"""Section 7.1: every one of the 16,384 answer sets against the printed weights."""

from __future__ import annotations

from itertools import product

from engine.manual import manual
from handlers.scoring import score

# The printed weights, typed from the manual's table and not from the data the product reads.
WEIGHTS = {
    "A1": 15,
    "A2": 10,
    "A3": 20,
    "B1": 5,
    "B2": 5,
    "B3": 5,
    "C1": 5,
    "C2": 5,
    "C3": 5,
    "C4": 5,
    "C5": 5,
    "D1": 5,
    "D2": 5,
    "D3": 5,
}


def test_every_answer_set_scores_as_printed() -> None:
    passed = exactly_sixty = exactly_fifty_five = 0
    for answers in product((False, True), repeat=14):
        data = {f"score_{key}": value for key, value in zip(WEIGHTS, answers, strict=True)}
        result = score(manual(), data)
        assert result.score_total == sum(w for w, yes in zip(WEIGHTS.values(), answers, strict=True) if yes)
        assert result.score_passed == (result.score_total >= 60)
        assert sum(result.score_by_aspect.values()) == result.score_total
        passed += result.score_passed
        exactly_sixty += result.score_total == 60
        exactly_fifty_five += result.score_total == 55
    assert (passed, exactly_sixty, exactly_fifty_five) == (5_364, 1_650, 1_860)


def test_reasons_are_kept_and_a_missing_item_counts_nothing() -> None:
    result = score(manual(), {"score_A1": True, "score_A1_reason": "หนังสือรับรอง", "score_A2": "yes"})
    assert result.score_total == 15
    assert result.score_reasons == {"A1": "หนังสือรับรอง"}
