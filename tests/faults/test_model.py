"""F-20: people, clocks, crashes and deployments in any order, against a model of what a review must do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine import cases, definitions, project, tasks
from engine.calendar import moment_of, today
from engine.context import Context
from engine.errors import PrasanError
from engine.replay import BEGIN, Stage
from tests.conftest import Office
from tests.faults.kill import AFTER, BEFORE, Act, command, in_process
from tests.faults.scenes import LARGE, count, problems, times

PROCESS, FILE = "manual_review", "manual-review.bpmn"
UNITS = {"housing": "owner", "it_dept": "it", "vc_dept": "vc"}
ALL_UNITS = (*UNITS, "community", "estate", "finance", "legal", "np_dept")
STRANGER = "cdo"
PEOPLE = ("it", "it-director", "owner", "clerk", "vc", "admin", STRANGER)
DAYS_TO_REPLY = 10
FIRED = "SELECT count(*) FROM audit WHERE tag = 'timer:fired'"


def doers(place: str) -> set[str]:
    """Who may do what is open there."""
    element, _, unit = place.partition("/")
    if unit:
        return {UNITS.get(unit, "clerk")}
    return {"it-director"} if element == "S1_endorse" else {"it", "it-director"}


@dataclass
class Review:
    """What the diagram says of one case: its open tasks with who has claimed each, and when the units' time is over."""

    version: int
    open: dict[str, str | None] = field(default_factory=lambda: {"S1": None})
    wrote: str = ""
    reply_by: date | None = None
    asked: bool = False

    def outcome(self, place: str, who: str) -> str:
        """`done`, or the refusal that somebody gets."""
        if who not in doers(place):
            return "Forbidden"
        if self.open[place] not in (None, who):
            return "TaskClaimed"
        return "SeparationOfDuties" if place == "S1_endorse" and who == self.wrote else "done"

    def complete(self, place: str, who: str, answers: Mapping[str, Any]) -> None:
        """Somebody did a task."""
        del self.open[place]
        if place == "S1":
            self.wrote, self.reply_by = who, date.fromisoformat(answers["reply_by"])
            self.open = {"S1_endorse": None}
        elif place == "S1_endorse":
            self.asked = answers["S1_decision"] == "approve"
            self.open = dict.fromkeys(f"S2/{unit}" for unit in ALL_UNITS) if self.asked else {"S1": None}
        elif place == "S3":
            self.open = {"S4": None}
        elif not self.open:
            self.reach_s3()

    def reach_s3(self) -> None:
        self.open, self.asked = {"S3": None}, False

    def falls_due(self, now: datetime) -> bool:
        """The time of the units is over."""
        return self.asked and self.reply_by is not None and moment_of(self.reply_by.isoformat()) <= now


class Reviews(RuleBasedStateMachine):
    """The office, and beside it what must come of every act."""

    def __init__(self, stage: Stage, answers: Mapping[str, Any]) -> None:
        super().__init__()
        self._stage = stage
        stage.remove("model")
        self.office = Office(*stage.copy("model", BEGIN), answers)
        self.reviews: dict[str, Review] = {}
        self.version, self.fired = 1, 0
        self.people = {name: self.office.person(name) for name in PEOPLE}

    @initialize()
    def opens(self) -> None:
        self.reviews[self.office.start(PROCESS, "it")] = Review(self.version)

    @rule()
    def start(self) -> None:
        if len(self.reviews) < times(3, 8):
            self.opens()

    @precondition(lambda self: self._with_work())
    @rule(data=st.data())
    def claim(self, data: st.DataObject) -> None:
        case, place, who = self._pick(data)
        review = self.reviews[case]
        expected = review.outcome(place, who)
        assert self._does(lambda ctx: tasks.claim(ctx, self._task(case, place), self.people[who])) == expected
        if expected == "done":
            review.open[place] = who

    @precondition(lambda self: self._with_work())
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        case, place, _ = self._pick(data)
        assert self._does(lambda ctx: tasks.release(ctx, self._task(case, place), self.people["admin"])) == "done"
        self.reviews[case].open[place] = None

    @precondition(lambda self: self._with_work())
    @rule(data=st.data(), approves=st.booleans())
    def complete(self, data: st.DataObject, approves: bool) -> None:
        case, place, who = self._pick(data)
        act, given, expected = self._completion(case, place, who, approves=approves)
        assert self._does(act) == expected
        if expected == "done":
            self.reviews[case].complete(place, who, given)

    @precondition(lambda self: self._with_work())
    @rule(data=st.data(), point=st.sampled_from([BEFORE, AFTER]), approves=st.booleans())
    def crash(self, data: st.DataObject, point: str, approves: bool) -> None:
        """Somebody completes a task, and the machine dies just before or just after the commit."""
        case, place, who = self._pick(data)
        act, given, expected = self._completion(case, place, who, approves=approves)
        assume(expected == "done")
        assert in_process(self.office, command(act), point)
        if point == AFTER:
            self.reviews[case].complete(place, who, given)

    @precondition(lambda self: self._with_work())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        case, *_ = self._pick(data)
        assert self._does(lambda ctx: cases.cancel(ctx, case, self.people["admin"], "ยกเลิก")) == "done"
        self.reviews[case].open, self.reviews[case].asked = {}, False

    @rule(hours=st.sampled_from([1, 24, 24 * (DAYS_TO_REPLY + 1)]))
    def tick(self, hours: int) -> None:
        over = [
            each for each in self.reviews.values() if each.falls_due(self.office.clock.now() + timedelta(hours=hours))
        ]
        assert self.office.tick(hours=hours) == len(over)
        self.fired += len(over)
        for review in over:
            review.reach_s3()

    @precondition(lambda self: self.version < times(2, 5))
    @rule()
    def deploy(self) -> None:
        self.version += 1
        changed = project.files()[FILE].replace(
            b"</bpmn:definitions>", b"<!-- %d --></bpmn:definitions>" % self.version
        )
        assert self._does(lambda ctx: definitions.deploy(ctx, {FILE: changed}, "it", "test")) == "done"

    @invariant()
    def the_office_is_where_the_model_is(self) -> None:
        for case, review in self.reviews.items():
            waiting = {
                t.element if t.item is None else f"{t.element}/{t.item}": t.claimed_by for t in self.office.open(case)
            }
            assert waiting == review.open

    def teardown(self) -> None:
        try:
            for case, review in self.reviews.items():
                versions = (
                    "SELECT d.version FROM cases c JOIN definitions d ON d.id = c.definition_id WHERE c.id = :case"
                )
                assert count(self.office, versions, case=case) == review.version
            assert count(self.office, FIRED) == self.fired
            assert problems(self.office) == []
        finally:
            self.office.database.close()
            self._stage.remove("model")

    def _with_work(self) -> list[str]:
        return [case for case, review in self.reviews.items() if set(review.open) - {"S4"}]

    def _pick(self, data: st.DataObject) -> tuple[str, str, str]:
        """A case by its place in the order of starting, one of its open tasks, and who may do it or a stranger."""
        cases_with_work = self._with_work()
        case = cases_with_work[data.draw(st.integers(0, len(cases_with_work) - 1))]
        place = data.draw(st.sampled_from(sorted(self.reviews[case].open)))
        return case, place, data.draw(st.sampled_from([*sorted(doers(place)), STRANGER]))

    def _completion(self, case: str, place: str, who: str, *, approves: bool) -> tuple[Act, dict[str, Any], str]:
        element, reply_by = place.partition("/")[0], today(self.office.clock) + timedelta(days=DAYS_TO_REPLY)
        changes = {
            "S1": {"reply_by": reply_by.isoformat()},
            "S1_endorse": {"S1_decision": "approve"} if approves else {"S1_decision": "return", "S1_comment": "แก้ไข"},
        }
        given = {**self.office._answers.get(f"{PROCESS}_{element}", {}), **changes.get(element, {})}
        task, person = self._task(case, place), self.people[who]
        expected = self.reviews[case].outcome(place, who)
        return lambda ctx: tasks.complete(ctx, task, person, given), given, expected

    def _task(self, case: str, place: str) -> str:
        element, _, item = place.partition("/")
        found = next(t.id for t in self.office.open(case) if t.element == element and (t.item or "") == item)
        return str(found)

    def _does(self, act: Act) -> str:
        try:
            self.office.database.command(lambda db: act(Context(db, self.office.engine, self.office.clock.now())))
        except PrasanError as refusal:
            return type(refusal).__name__
        return "done"


def test_whatever_happens_in_whatever_order_the_office_is_where_the_model_is(
    stage: Stage, answers: Mapping[str, Any]
) -> None:
    effort = settings(
        max_examples=times(15, 500),
        stateful_step_count=times(25, 50),
        deadline=None,
        derandomize=not LARGE,
        database=None,
        phases=[Phase.generate],  # a run of seconds would be shrunk for hours
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Reviews(stage, answers), settings=effort)  # type: ignore[arg-type]
