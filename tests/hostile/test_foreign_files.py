"""Diagrams as other tools and other hands write them: each fault is told once, and nothing is told that is none."""

from __future__ import annotations

import pytest

from engine.checks import Problem, check
from tests.hostile.bad import TOPICS, added, edited, good

FLOW = '<bpmn:sequenceFlow id="F_number_S1" sourceRef="number" targetRef="S1"/>'
BESIDE = good("good.form", "good.dmn")


def told(*pairs: tuple[str, str]) -> list[Problem]:
    """What is said of the good diagram after some edits."""
    return check({**BESIDE, "good.bpmn": edited("good.bpmn", *pairs)}, TOPICS)


def codes(*pairs: tuple[str, str]) -> list[str]:
    return [problem.code for problem in told(*pairs)]


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (('<bpmn:sequenceFlow id="F_start_number" ', "<bpmn:sequenceFlow "), "missing-id"),
        (("F_start_number", "F_number_S1"), "duplicate-id"),
        (('sourceRef="start" targetRef="number"', 'sourceRef="start" targetRef="gone"'), "dangling-flow"),
    ],
)
def test_what_a_torn_flow_cuts_off_is_not_told_again(edit: tuple[str, str], code: str) -> None:
    assert set(codes(edit, (' id="F_number_S1"', ' id="F_number_S1"' if code != "missing-id" else ""))) == {code}


@pytest.mark.parametrize(
    ("kind", "code"), [("transaction", "transaction"), ("adHocSubProcess", "ad-hoc"), ("callActivity", "call-activity")]
)
def test_a_boundary_event_may_sit_on_what_is_refused_by_itself(kind: str, code: str) -> None:
    found = codes(('<bpmn:subProcess id="sub"', f'<bpmn:{kind} id="sub"'), ("</bpmn:subProcess>", f"</bpmn:{kind}>"))
    assert code in found
    assert "boundary-place" not in found


def test_an_ad_hoc_sub_process_needs_no_start_and_no_end() -> None:
    inner = '<bpmn:adHocSubProcess id="any"><bpmn:userTask id="one"/></bpmn:adHocSubProcess>'
    assert not {"no-start", "no-end"} & set(codes(added(inner)))


def test_a_script_task_is_told_once() -> None:
    found = codes(added('<bpmn:scriptTask id="run"><bpmn:script>x = 1</bpmn:script></bpmn:scriptTask>'))
    assert found.count("script-task") == 1
    assert "script" not in found


@pytest.mark.parametrize("cycle", ["0/5 0/1 * 1/1 * ? *", "R2/PT5S", "R/P1D"])
def test_a_start_by_the_clock_is_told_once(cycle: str) -> None:
    timer = f"<bpmn:timerEventDefinition><bpmn:timeCycle>{cycle}</bpmn:timeCycle></bpmn:timerEventDefinition>"
    start = '<bpmn:startEvent id="start" name="เปิดเรื่อง"'
    assert codes((f"{start}/>", f"{start}>{timer}</bpmn:startEvent>")) == ["start-trigger"]


def test_another_kind_of_form_is_told_once() -> None:
    assert codes(('camunda:formRef="good_form" camunda:formRefBinding="deployment"', 'camunda:formKey="a.html"')) == [
        "form-key"
    ]
    assert codes(('name="เปิดเรื่อง"', 'name="เปิดเรื่อง" camunda:formKey="a.html"')) == ["start-form"]


def test_a_diagram_without_any_drawing_is_told_once() -> None:
    text = edited("good.bpmn").decode()
    undrawn = text[: text.index("<bpmndi:BPMNDiagram")] + "</bpmn:definitions>"
    [problem] = check({**BESIDE, "good.bpmn": undrawn.encode()}, TOPICS)
    assert (problem.code, problem.element) == ("no-shape", "good")
    assert "“กระบวนการตัวอย่าง”" in problem.th


def test_a_flow_without_a_name_is_called_by_what_it_joins() -> None:
    condition = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">${x}</bpmn:conditionExpression>'
    conditional = FLOW.replace("/>", f">{condition}</bpmn:sequenceFlow>")
    [problem] = [each for each in told((FLOW, conditional)) if each.code == "condition-misplaced"]
    assert "“ออกเลขเรื่อง → จัดทำคำขอ”" in problem.th
    [problem] = [each for each in told((FLOW, FLOW.replace('"S1"', '"gone"'))) if each.code == "dangling-flow"]
    assert "“ออกเลขเรื่อง → gone”" in problem.th


def test_a_pair_of_links_is_told_as_such() -> None:
    links = "".join(
        f'<bpmn:{kind} id="{kind}"><bpmn:linkEventDefinition name="on"/></bpmn:{kind}>'
        for kind in ("intermediateThrowEvent", "intermediateCatchEvent")
    )
    thrown = FLOW.replace('"S1"', '"intermediateThrowEvent"')
    caught = FLOW.replace("F_number_S1", "F_on").replace('"number"', '"intermediateCatchEvent"')
    found = {problem.code for problem in told((FLOW, thrown + caught), added(links)) if problem.level == "error"}
    assert found == {"link-event"}


@pytest.mark.parametrize("space", ["http://activiti.org/bpmn", "http://camunda.org/schema/zeebe/1.0"])
def test_a_namespace_that_is_only_declared_makes_no_other_engine(space: str) -> None:
    declared = ("<bpmn:definitions ", f'<bpmn:definitions xmlns:other="{space}" ')
    assert told(declared) == []
    assert codes(declared, ('<bpmn:userTask id="S1"', '<bpmn:userTask id="S1" other:assignee="kermit"')) != []


def test_the_standard_is_quoted_without_its_namespaces() -> None:
    [problem] = [each for each in told(('id="good_definitions" targetNamespace', "id")) if each.code == "schema"]
    assert "targetNamespace" in problem.en
    assert "omg.org" not in problem.en


def test_a_table_of_another_standard_is_told_in_thai() -> None:
    old = b'<Definitions xmlns="http://www.omg.org/spec/DMN/20130901" id="a"><Decision id="b"/></Definitions>'
    [problem] = check({"a.dmn": old}, TOPICS)
    assert problem.code == "not-dmn"
    assert problem.th.isascii() is False
    assert "this is" not in problem.th
