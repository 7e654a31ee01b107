"""The fences around SpiffWorkflow 3.2.0: each trap has a test that turns red without its fence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from engine import spiff, xml
from engine.errors import DiagramRefused, EndlessLoop, EngineFault
from engine.spiff import Spec
from engine.tokens import Tokens
from engine.walk import walked
from forms import feel

NOTHING: dict[str, Any] = {}
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="t">'
    '<process id="p" isExecutable="true">{}</process></definitions>'
)


def evaluate(text: str, data: Mapping[str, Any]) -> Any:
    return feel.plain(feel.compile_expression(text).evaluate(data))


def flow(source: str, target: str, condition: str = "") -> str:
    inner = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def parse(*parts: str) -> Spec:
    return spiff.parse(xml.parse(HEAD.format("".join(parts)).encode()), "p")


LOOP = (
    '<startEvent id="start"/><userTask id="a"/><userTask id="b"/>',
    '<exclusiveGateway id="g" default="g_a"/><endEvent id="end_it"/>',
    flow("start", "a"),
    flow("a", "b"),
    flow("b", "g"),
    flow("g", "a"),
    flow("g", "end_it", "${done = true}"),
)


def again(spec: Spec, tokens: Tokens, data: dict[str, Any]) -> Tokens:
    """Store and load, as between any two commands."""
    return Tokens.restore(spec, tokens.dump(), evaluate, data)


def begin(spec: Spec, data: dict[str, Any]) -> Tokens:
    tokens = Tokens.at_start(spec, evaluate, data)
    return again(spec, tokens, data)


def do(spec: Spec, tokens: Tokens, element: str, data: dict[str, Any]) -> Tokens:
    tokens.complete(next(t.id for t in tokens.waiting if t.element == element))
    return again(spec, tokens, data)


def waits(tokens: Tokens) -> list[str]:
    return sorted(token.element for token in tokens.waiting)


def test_a_rework_loop_of_3000_rounds_neither_dies_nor_grows() -> None:
    """S7: the library's tree walk stops silently at depth 1000; ours never gets deep."""
    spec, data = parse(*LOOP), {"done": False}
    tokens = begin(spec, data)
    sizes = []
    for _ in range(3_000):
        for element in "ab":
            tokens = do(spec, tokens, element, data)
        sizes.append(len(tokens.dump()))
    assert waits(tokens) == ["a"]
    assert max(sizes[10:]) <= 1.1 * sizes[10]
    data["done"] = True
    tokens = do(spec, do(spec, tokens, "a", data), "b", data)
    assert tokens.finished


def test_a_loop_through_a_boundary_timer_does_not_grow() -> None:
    spec, data = (
        parse(
            *LOOP,
            '<boundaryEvent id="late" attachedToRef="a"><timerEventDefinition><timeDuration>P1D</timeDuration>'
            '</timerEventDefinition></boundaryEvent><endEvent id="end_late"/>',
            flow("late", "end_late"),
        ),
        {"done": False},
    )
    tokens, sizes = begin(spec, data), []
    for _ in range(100):
        assert waits(tokens) == ["a", "late"]
        tokens = do(spec, do(spec, tokens, "a", data), "b", data)
        sizes.append(len(tokens.dump()))
    assert max(sizes[5:]) <= 1.1 * sizes[5]


def test_the_interrupting_timer_takes_the_token_and_only_when_fired() -> None:
    """S13, S14: a timer is a wait that the engine fires, never the library's own clock."""
    spec, data = (
        parse(
            '<startEvent id="start"/><userTask id="a"/><endEvent id="e1"/><endEvent id="e2"/>',
            '<boundaryEvent id="late" attachedToRef="a"><timerEventDefinition><timeDate>2001-01-01</timeDate>'
            "</timerEventDefinition></boundaryEvent>",
            flow("start", "a"),
            flow("a", "e1"),
            flow("late", "e2"),
        ),
        NOTHING,
    )
    tokens = begin(spec, data)
    assert waits(tokens) == ["a", "late"]
    tokens.fire(next(t.id for t in tokens.waiting if t.element == "late"))
    assert tokens.finished
    assert tokens.passed == ["late", "late>e2", "e2"]


def test_a_repeating_timer_goes_on_waiting() -> None:
    spec, data = (
        parse(
            '<startEvent id="start"/><userTask id="a"/><userTask id="remind"/><endEvent id="e1"/><endEvent id="e2"/>',
            '<boundaryEvent id="every" attachedToRef="a" cancelActivity="false"><timerEventDefinition>'
            "<timeCycle>R3/P1D</timeCycle></timerEventDefinition></boundaryEvent>",
            flow("start", "a"),
            flow("a", "e1"),
            flow("every", "remind"),
            flow("remind", "e2"),
        ),
        NOTHING,
    )
    tokens = begin(spec, data)
    for _ in range(2):
        tokens.fire(next(t.id for t in tokens.waiting if t.element == "every"))
        tokens = again(spec, tokens, data)
    assert waits(tokens) == ["a", "every", "remind", "remind"]


def test_only_a_waiting_token_can_be_completed() -> None:
    """S6: the library runs FUTURE and COMPLETED tasks without a word."""
    spec, data = parse(*LOOP), {"done": False}
    tokens = begin(spec, data)
    first = tokens.waiting[0].id
    tokens = do(spec, tokens, "a", data)
    with pytest.raises(EngineFault):
        tokens.complete(first)


def test_conditions_are_never_python() -> None:
    """S1: a condition is FEEL; Python in it is refused when it is compiled, and scripts never run."""
    spec = parse(
        '<startEvent id="start"/><exclusiveGateway id="g" default="g_e1"/><endEvent id="e1"/><endEvent id="e2"/>',
        flow("start", "g"),
        flow("g", "e1"),
        flow("g", "e2", "__import__('os').system('touch /tmp/owned') == 0"),
    )
    with pytest.raises((EngineFault, feel.FeelError)):
        begin(spec, {})


def test_an_automatic_loop_is_stopped() -> None:
    """S8: a loop without a wait would run until the library silently gives up."""
    spec = parse(
        '<startEvent id="start"/><exclusiveGateway id="g" default="g_h"/><exclusiveGateway id="h" default="h_g"/>',
        '<endEvent id="e"/>',
        flow("start", "g"),
        flow("g", "h"),
        flow("h", "g"),
        flow("h", "e", "${never = true}"),
    )
    with pytest.raises(EndlessLoop):
        begin(spec, {})


def test_parallel_blocks_in_a_row_are_foreseen_one_at_a_time() -> None:
    """The library would foresee 384,000 tasks."""
    parts = ['<startEvent id="start"/>', '<endEvent id="e"/>']
    last = "start"
    for k in range(10):
        tasks = "".join(f'<userTask id="{n}{k}"/>' for n in "xyz")
        parts.append(f'<parallelGateway id="s{k}"/>{tasks}<parallelGateway id="j{k}"/>')
        parts += [flow(last, f"s{k}"), *(flow(f"s{k}", f"{n}{k}") + flow(f"{n}{k}", f"j{k}") for n in "xyz")]
        last = f"j{k}"
    spec = parse(*parts, flow(last, "e"))
    tokens = begin(spec, NOTHING)
    assert len(tokens.dump()) < 1_000
    for k in range(10):
        for n in "yzx":
            tokens = do(spec, tokens, f"{n}{k}", NOTHING)
    assert tokens.finished


def test_what_unfolds_without_a_join_is_refused_at_once() -> None:
    parts, last = ['<startEvent id="start"/>', '<endEvent id="e"/>'], "start"
    for k in range(12):
        tasks = "".join(f'<userTask id="{n}{k}"/>' for n in "xy")
        parts.append(f'<parallelGateway id="s{k}"/>{tasks}<userTask id="m{k}"/>')
        parts += [flow(last, f"s{k}"), *(flow(f"s{k}", f"{n}{k}") + flow(f"{n}{k}", f"m{k}") for n in "xy")]
        last = f"m{k}"
    with pytest.raises(DiagramRefused, match="unfold"):
        parse(*parts, flow(last, "e"))


def test_a_join_in_a_loop_waits_for_every_branch_in_every_round() -> None:
    """The library counts branches of earlier rounds, and fires with one missing; the state does not grow either."""
    spec = parse(
        '<startEvent id="start"/><parallelGateway id="s"/><userTask id="x"/><userTask id="y"/>',
        '<parallelGateway id="j"/><exclusiveGateway id="g" default="g_m"/><exclusiveGateway id="m"/><endEvent id="e"/>',
        flow("start", "m") + flow("m", "s") + flow("s", "x") + flow("s", "y") + flow("x", "j") + flow("y", "j"),
        flow("j", "g") + flow("g", "m") + flow("g", "e", "${done = true}"),
    )
    data: dict[str, Any] = {"done": False}
    tokens, sizes = begin(spec, data), []
    for number in range(300):
        first, second = "xy" if number % 2 else "yx"
        tokens = do(spec, tokens, first, data)
        assert [token.element for token in tokens.waiting] == [second]
        data["done"] = number == 299
        tokens = do(spec, tokens, second, data)
        sizes.append(len(tokens.dump()))
    assert tokens.finished
    assert max(sizes[:-1]) <= sizes[2]


def test_parallel_branches_join_across_store_and_load() -> None:
    spec, data = (
        parse(
            '<startEvent id="start"/><parallelGateway id="s"/><parallelGateway id="j"/><endEvent id="e"/>',
            '<userTask id="x"/><userTask id="y"/><userTask id="z"/>',
            flow("start", "s"),
            flow("s", "x"),
            flow("s", "y"),
            flow("x", "j"),
            flow("y", "j"),
            flow("j", "z"),
            flow("z", "e"),
        ),
        NOTHING,
    )
    tokens = begin(spec, data)
    assert waits(tokens) == ["x", "y"]
    tokens = do(spec, tokens, "y", data)
    assert waits(tokens) == ["x"]
    tokens = do(spec, tokens, "x", data)
    assert waits(tokens) == ["z"]
    assert do(spec, tokens, "z", data).finished


def test_an_embedded_subprocess_survives_store_and_load() -> None:
    spec, data = (
        parse(
            '<startEvent id="start"/><subProcess id="sub"><startEvent id="s2"/><userTask id="x"/><userTask id="y"/>'
            '<endEvent id="e2"/>' + flow("s2", "x") + flow("x", "y") + flow("y", "e2") + "</subProcess>",
            '<userTask id="z"/><endEvent id="e"/>',
            flow("start", "sub"),
            flow("sub", "z"),
            flow("z", "e"),
        ),
        NOTHING,
    )
    tokens = begin(spec, data)
    for element in ("x", "y", "z"):
        assert waits(tokens) == [element]
        tokens = do(spec, tokens, element, data)
    assert tokens.finished


def test_the_state_holds_no_user_data_and_no_spec() -> None:
    """S15: a key such as `typename` in user data bricks the library's own serializer."""
    spec, data = parse(*LOOP), {"done": False, "typename": "UUID", "secret": "ความลับ"}
    text = begin(spec, data).dump()
    assert "ความลับ" not in text
    assert "typename" not in text
    assert len(text) < 3_000


@pytest.mark.parametrize(
    "state",
    [
        [],
        [99, []],
        [2, "x"],
        [2, [None, None, False, True, []]],
        [2, [None, None, False, True, [[None, 16, "nothing"]]]],
        [2, [None, None, False, True, [[None, 16, "Start", "nothex"]]]],
        [2, [None, 7, False, True, [[None, 64, "Start"]]]],
        [2, [None, 0, False, True, [[None, 64, "Start"]]], [[5, "sub"], None, False, True, []]],
    ],
)
def test_a_foreign_or_damaged_state_is_refused(state: list[Any]) -> None:
    """S17: the library would eval old states; only our own format is read."""
    with pytest.raises(EngineFault):
        Tokens.restore(parse(*LOOP), orjson.dumps(state).decode(), evaluate, {})


def test_1000_steps_in_a_row_are_a_refusal_not_a_crash() -> None:
    """S10: the library's parser recurses once per step."""
    names = [f"t{k}" for k in range(1_200)]
    tasks = "".join(f'<userTask id="{n}"/>' for n in names)
    flows = "".join(flow(a, b) for a, b in zip(["start", *names], [*names, "e"], strict=True))
    with pytest.raises(DiagramRefused):
        parse('<startEvent id="start"/><endEvent id="e"/>', tasks, flows)


def test_a_shared_spec_is_not_changed_by_the_cases_that_use_it() -> None:
    spec, data = parse(*LOOP), {"done": False}
    before = sorted((n, tuple(o.name for o in s.outputs)) for n, s in spec.process.task_specs.items())
    for _ in range(3):
        do(spec, begin(spec, data), "a", data)
    assert sorted((n, tuple(o.name for o in s.outputs)) for n, s in spec.process.task_specs.items()) == before


def test_two_tokens_that_meet_without_a_join_are_a_refusal_not_a_traceback() -> None:
    """The library's joins raise AttributeError on some such drawings; the case stays as it was."""
    walk, _ = walked(parse(*LOOP), (), ("start",), evaluate)

    def broken() -> None:
        raise AttributeError("'NoneType' object has no attribute 'data'")

    with pytest.raises(EngineFault, match="AttributeError"):
        walk._run(broken, walk._flow.task_tree)
