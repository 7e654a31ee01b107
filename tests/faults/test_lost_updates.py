"""F-10 for what is read and written back: the second change comes before the first is committed, and both count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine import people, tasks
from engine.context import Context
from tests.conftest import Office
from tests.faults.scenes import count
from tests.faults.test_races import AT_THE_END, _overlap


def test_every_failed_login_counts(office: Office) -> None:
    """Else somebody who tries passwords on many connections would have more tries."""

    def fails(ctx: Context) -> None:
        people.count_failure(ctx, "it")

    assert _overlap(office, fails, fails, AT_THE_END) == ("done", "done")
    assert count(office, "SELECT failures FROM people WHERE username = 'it'") == 2


def test_every_answer_that_a_program_keeps_is_kept(office: Office) -> None:
    """Clients of /engine-rest set the variables of a task all at once, each by a request of its own."""
    task, it = office.open(office.start("link_termination", "it"))[0].id, office.person("it")

    def keep(**answer: Any) -> Callable[[Context], None]:
        return lambda ctx: tasks.change_draft(ctx, task, it, lambda kept: {**kept, **answer})

    assert _overlap(office, keep(reason="a"), keep(link_no="b"), AT_THE_END) == ("done", "done")
    with office.database.read() as db:
        row = tasks.draft(office.context(db), task, it)
    assert row is not None
    assert row.answers == {"reason": "a", "link_no": "b"}
