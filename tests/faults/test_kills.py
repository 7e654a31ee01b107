"""F-01: killed at any point of any command, nothing is lost and nothing happens twice."""

from __future__ import annotations

import pytest

from tests.conftest import Office
from tests.faults.kill import AFTER, BEFORE, in_process
from tests.faults.scenes import SCENES, go_on, problems, send, snapshot, times

POINTS: tuple[str | int, ...] = (1, 3, BEFORE, AFTER)
ROUNDS = times(1, 25)


@pytest.mark.parametrize("name", SCENES)
def test_a_command_that_is_killed_has_happened_once_or_not_at_all(office: Office, name: str) -> None:
    for point in POINTS * ROUNDS:
        scene = SCENES[name](office)
        before = snapshot(office)
        assert in_process(office, scene.act, point, scene.nth)
        if point == AFTER and name != "send":
            assert scene.effects() == 1
        else:
            assert scene.effects() == 0
        if point != AFTER:
            assert snapshot(office) == before
        go_on(office, scene)
        assert scene.effects() == 1
        assert problems(office) == []


@pytest.mark.parametrize(("point", "copies"), [(BEFORE, 2), (AFTER, 1)])
def test_mail_goes_out_twice_only_when_killed_before_it_was_noted(office: Office, point: str, copies: int) -> None:
    scene = send(office)
    assert in_process(office, scene.act, point, nth=2)
    go_on(office, scene)
    assert scene.effects() == 1
    assert scene.mail is not None
    sent = scene.mail.read_text().splitlines()
    assert (len(sent), len(set(sent))) == (copies, 1)
