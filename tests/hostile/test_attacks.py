"""Files made to harm: refused within two seconds and a hundred megabytes, without a look at disk or network."""

from __future__ import annotations

import json
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import xml
from engine.checks import Problem, check
from tests.hostile.bad import TOPICS, edited, good
from tests.hostile.bad_meaning import APPROVED, FORM

SECONDS = 60.0  # stops what would run for ever; how fast a refusal is, `make bench` says
CPU_SECONDS = 10.0  # of the worst, alone in a process: five times what is promised
MEGABYTES = 100
WORST = (
    "a hundred thousand attributes", "a hundred thousand elements", "as many faults as fit",
    "parts that break the standard", "attributes that break the standard",
)  # fmt: skip
PORT = 48_321
STATUS = Path("/proc/self/status")
ROOT = Path(__file__).parents[2]
OPEN = edited("good.bpmn").split(b"\n", 1)[1]


ODD = " ".join(f'a{n}=""' for n in range(60))


def with_doctype(doctype: str, body: bytes = OPEN) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE bpmn [{doctype}]>\n'.encode() + body


def laughs(levels: int, width: int = 10) -> bytes:
    lines = ['<!ENTITY l0 "ha">']
    lines += [f'<!ENTITY l{n} "{f"&l{n - 1};" * width}">' for n in range(1, levels + 1)]
    return with_doctype("".join(lines), OPEN.replace(b"</bpmn:process>", f"&l{levels};</bpmn:process>".encode()))


def laughs_in_a_name(levels: int) -> bytes:
    return laughs(levels).replace("เปิดเรื่อง".encode(), f"&l{levels};".encode())


def attributes(count: int) -> bytes:
    many = " ".join(f'a{n}=""' for n in range(count))
    return OPEN.replace(b"<bpmn:process ", f"<bpmn:process {many} ".encode())


def deep(levels: int) -> bytes:
    return OPEN.replace(b"</bpmn:process>", b"<bpmn:subProcess>" * levels + b"</bpmn:process>")


def nested(levels: int) -> bytes:
    """Sub-processes inside each other, all well formed."""
    begin = "".join(f'<bpmn:subProcess id="deep{n}">' for n in range(levels))
    return OPEN.replace(b"</bpmn:process>", (begin + "</bpmn:subProcess>" * levels + "</bpmn:process>").encode())


def entity(kind: str, place: str) -> bytes:
    return with_doctype(f"<!ENTITY {kind} {place}>", OPEN.replace(b"</bpmn:process>", b"&x;</bpmn:process>"))


ATTACKS: dict[str, Callable[[], dict[str, bytes]]] = {
    "an entity that reads a file": lambda: {"a.bpmn": entity("x", 'SYSTEM "file:///etc/passwd"')},
    "an entity that reads the network": lambda: {"a.bpmn": entity("x", f'SYSTEM "http://127.0.0.1:{PORT}/x"')},
    "a parameter entity": lambda: {"a.bpmn": with_doctype(f'<!ENTITY % x SYSTEM "http://127.0.0.1:{PORT}/x"> %x;')},
    "an internal entity": lambda: {"a.bpmn": entity("x", '"y"')},
    "an outside DTD": lambda: {"a.bpmn": f'<!DOCTYPE a SYSTEM "http://127.0.0.1:{PORT}/x.dtd"><a/>'.encode()},
    "entities in UTF-16": lambda: {"a.bpmn": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16")},
    "a DTD in a decision table": lambda: {"a.dmn": with_doctype('<!ENTITY x "y">', b"<a>&x;</a>")},
    "laughs, 3 levels": lambda: {"a.bpmn": laughs(3)},
    "laughs, 5 levels": lambda: {"a.bpmn": laughs(5)},
    "laughs, 6 levels": lambda: {"a.bpmn": laughs(6)},
    "a billion laughs": lambda: {"a.bpmn": laughs(9)},
    "a billion laughs in a name": lambda: {"a.bpmn": laughs_in_a_name(9)},
    "a quadratic blow-up": lambda: {"a.bpmn": with_doctype(
        f'<!ENTITY x "{"y" * 100_000}">', OPEN.replace(b"</bpmn:process>", b"&x;" * 20_000 + b"</bpmn:process>")
    )},
    "fifty megabytes": lambda: {"a.bpmn": b"<a>" + b"x" * 50_000_000},
    "fifty megabytes of form": lambda: {"a.form": b'{"a": "' + b"x" * 50_000_000},
    "a hundred thousand levels": lambda: {"a.bpmn": deep(100_000)},
    "sub-processes in sub-processes": lambda: {"a.bpmn": nested(200)},
    "a hundred thousand attributes": lambda: {"a.bpmn": attributes(100_000)},
    "a hundred thousand elements": lambda: {"a.bpmn": OPEN.replace(b"</bpmn:process>", b"<a/>" * 100_000)},
    "as many faults as fit": lambda: {"a.bpmn": edited("good.bpmn", ("  </bpmn:process>", "".join(
        f'<bpmn:sequenceFlow id="e{n}" sourceRef="?" targetRef="?"/>' for n in range(4_600)
    ) + "  </bpmn:process>"))},
    "parts that break the standard": lambda: {"a.bpmn": OPEN.replace(
        b"</bpmn:definitions>", b"<bpmn:relationship/>" * 59_000 + b"</bpmn:definitions>"
    )},
    "attributes that break the standard": lambda: {"a.bpmn": OPEN.replace(b"</bpmn:process>", b"".join(
        f'<bpmn:sequenceFlow id="e{n}" sourceRef="S1" targetRef="S1" {ODD}/>'.encode() for n in range(3_000)
    ) + b"</bpmn:process>")},
    "a form of brackets": lambda: {"a.form": b"[" * 900_000},
    "a form of big numbers": lambda: {"a.form": b'{"id": "x", "components": [' + b"9" * 900_000 + b"]}"},
    "long expressions": lambda: {**good("good.form", "good.dmn"), "good.bpmn": edited(
        "good.bpmn", (APPROVED, "${" + "(" * 2_000 + ")" * 2_000 + "}")
    )},
}


@pytest.fixture
def nobody_calls() -> Iterator[None]:
    """A listener on the port that the attacks name; whoever connects, from Python or from C, is noticed."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", PORT))
        listener.listen()
        listener.setblocking(False)
        yield
        with pytest.raises(BlockingIOError):
            listener.accept()


def peak() -> float:
    """The most memory this process had since `forget_peak`, in megabytes; where that is not kept, the most ever."""
    if STATUS.exists():
        return int(re.findall(r"VmHWM:\s+(\d+) kB", STATUS.read_text())[0]) / 1_024
    unit = 1 if sys.platform == "darwin" else 1_024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1_048_576


def forget_peak() -> None:
    """Begin to measure anew: what an earlier attack needed hides what the next one needs."""
    if STATUS.exists():
        STATUS.with_name("clear_refs").write_text("5")


@pytest.mark.usefixtures("nobody_calls")
@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_refused_at_once(attack: Callable[[], dict[str, bytes]]) -> None:
    files = attack()
    forget_peak()
    before, start = peak(), time.process_time()
    problems = check(files, TOPICS)
    assert time.process_time() - start < SECONDS
    assert peak() - before < MEGABYTES
    assert any(problem.level == "error" for problem in problems)
    assert len(problems) < 1_000
    assert not any("root:" in str(problem) for problem in problems)


def measured(name: str) -> tuple[float, float]:
    """Megabytes and seconds that one attack takes of a process that has checked before."""
    files = ATTACKS[name]()
    check({"a.bpmn": OPEN}, TOPICS)
    forget_peak()
    before, start = peak(), time.process_time()
    check(files, TOPICS)
    return peak() - before, time.process_time() - start


@pytest.mark.parametrize("name", WORST)
def test_the_worst_take_little_of_a_process_of_their_own(name: str) -> None:
    code = f"import json, {__name__} as here; print(json.dumps(here.measured({name!r})))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    megabytes, seconds = json.loads(run.stdout)
    assert megabytes < MEGABYTES
    assert seconds < CPU_SECONDS


def only(code: str, problems: list[Problem]) -> Problem:
    found = [problem for problem in problems if problem.code == code]
    assert len(found) == 1, "\n".join(map(str, problems))
    return found[0]


def test_code_in_a_condition_is_refused_where_it_stands() -> None:
    content = edited("good.bpmn", (APPROVED, "__import__('os').system('x')"))
    line = content.decode().split("__import__")[0].count("\n") + 1
    problem = only("bad-expression", check({**good("good.form", "good.dmn"), "good.bpmn": content}, TOPICS))
    assert (problem.file, problem.line, problem.element) == ("good.bpmn", line, "F_G_S2")
    assert "__import__" in problem.th
    assert "FEEL" in problem.en


@pytest.mark.parametrize("name", ["{{7*7}}", "${7*7}", "%(x)s", "{0.__class__}", "{name}", "<script>x</script>"])
def test_names_are_shown_as_they_stand(name: str) -> None:
    shown = name.replace("<", "&lt;")
    content = edited("good.bpmn", ('name="จัดทำคำขอ" camunda:formRef="good_form"', f'name="{shown}"'))
    problem = only("no-form", check({**good("good.form", "good.dmn"), "good.bpmn": content}, TOPICS))
    assert f"“{name}”" in problem.th
    assert f'"{name}"' in problem.en


def test_control_and_direction_characters_do_not_reach_the_reader() -> None:
    content = edited("good.bpmn", (FORM, 'name="a&#10;b\u202ec\u2066d" camunda:formRef="gone"'))
    problem = only("unknown-form", check({**good("good.form", "good.dmn"), "good.bpmn": content}, TOPICS))
    assert "“a b c d”" in problem.th


def test_the_size_is_checked_before_anything_is_read() -> None:
    problem = only("too-large", check({"a.bpmn": b"\x00" * (xml.MAX_BYTES + 1)}, TOPICS))
    assert problem.line == 0
