"""Topic score-partner: the 14 weighted items of section 7.1; 60 of 100 passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.topics import Call, Manual, Topics


@dataclass(frozen=True)
class Answers:
    """Case data holding `score_A1` … `score_D3` (true or false) and `score_A1_reason` ….

    Items of the manual's section 7.1; a missing item counts 0.
    """

    data: Mapping[str, Any]


@dataclass(frozen=True)
class Score:
    """`score_total` of 100, whether it passes, points per aspect, and the reasons given."""

    score_total: int
    score_passed: bool
    score_by_aspect: dict[str, int]
    score_reasons: dict[str, str]


def score(manual: Manual, data: Mapping[str, Any]) -> Score:
    """Weigh the answers (manual 7.1: ก × ข = ค, total not less than 60)."""
    by_aspect = {item.aspect: 0 for item in manual.score_items}
    for item in manual.score_items:
        by_aspect[item.aspect] += item.weight * (data.get(f"score_{item.id}") is True)
    reasons = {item.id: str(data.get(f"score_{item.id}_reason") or "") for item in manual.score_items}
    total = sum(by_aspect.values())
    return Score(total, total >= manual.pass_mark, by_aspect, {key: text for key, text in reasons.items() if text})


def score_partner(given: Answers, call: Call) -> Score:
    """Score the partner of this case."""
    return score(call.manual, given.data)


def register(topics: Topics) -> None:
    """Serve score-partner."""
    topics.add("score-partner", "ให้คะแนนคู่การเชื่อมโยง (7.1)", Answers, Score, score_partner)
