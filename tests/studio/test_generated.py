"""What is generated is what is tracked: element templates and the table of the checker's codes."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from engine import checks, project, templates
from engine.checks import document
from engine.definitions import keyed
from engine.topics import Call, Topics
from handlers import topics

ASSETS = Path(__file__).parents[2] / "web" / "assets"
BINDINGS = {"property", "camunda:property", "camunda:inputParameter"}
TYPES = {"String", "Dropdown", "Hidden"}


def test_the_tracked_templates_are_the_generated_ones() -> None:
    assert templates.FILE.read_bytes() == templates.render(topics(), templates.form_ids(project.files()))


@pytest.mark.parametrize("template", templates.templates(topics(), ["a_form"]), ids=lambda each: str(each["id"]))
def test_a_template_has_the_shape_that_the_modeler_reads(template: dict[str, object]) -> None:
    assert {"name", "id", "version", "appliesTo", "elementType", "properties"} <= template.keys()
    properties = template["properties"]
    assert isinstance(properties, list)
    for each in properties:
        assert each["type"] in TYPES
        assert each["binding"]["type"] in BINDINGS
        assert (each["type"] == "Hidden") != ("label" in each)
        assert ("choices" in each) == (each["type"] == "Dropdown")
        if "value" in each and "choices" in each:
            assert each["value"] in [choice["value"] for choice in each["choices"]]


@dataclass(frozen=True)
class Given:
    data: dict[str, object]
    size: Literal["small", "large"]
    note: str = ""


@dataclass(frozen=True)
class Made:
    parcel_no: str


def test_a_new_handler_gets_its_template() -> None:
    served = Topics()

    def pack(given: Given, _: Call) -> Made:
        return Made(given.size)

    served.add("pack", "ห่อของ", Given, Made, pack)
    made = templates.templates(served, [])[1]
    assert made["name"] == "ห่อของ (pack)"
    assert "parcel_no" in made["description"]
    inputs = {p["binding"]["name"]: p for p in made["properties"] if p["binding"]["type"] == "camunda:inputParameter"}
    assert inputs.keys() == {"size", "note"}
    assert [choice["value"] for choice in inputs["size"]["choices"]] == ["small", "large"]
    assert inputs["size"]["constraints"] == {"notEmpty": True}
    assert inputs["note"]["value"] == ""


def test_a_step_drawn_with_a_template_passes_the_checks() -> None:
    """What the template writes into a new task of 6.4 is accepted at deployment."""
    made = templates.templates(topics(), templates.form_ids(project.files()))[0]
    values = {p["binding"]["name"]: p.get("value", "") for p in made["properties"]}
    values |= {"camunda:formRef": "link_termination_S2", "origin.reason": "ตรวจทานก่อนส่ง", "raci.accountable": "it_dept"}
    attributes = " ".join(f'{key}="{text}"' for key, text in values.items() if key.startswith("camunda:"))
    inside = "".join(
        f'<camunda:property name="{key}" value="{text}"/>'
        for key, text in values.items()
        if not key.startswith("camunda:")
    )
    task = (
        f'<bpmn:userTask id="more" name="ตรวจทาน" camunda:modelerTemplate="{made["id"]}" {attributes}>'
        f"<bpmn:extensionElements><camunda:properties>{inside}</camunda:properties></bpmn:extensionElements></bpmn:userTask>"
        '<bpmn:sequenceFlow id="f_more" sourceRef="more" targetRef="S3"/>'
    )
    files = project.files()
    text = files["link-termination.bpmn"].decode()
    text = text.replace("</bpmn:process>", f"{task}</bpmn:process>").replace('targetRef="S3"', 'targetRef="more"', 1)
    text = text.replace("<bpmn:flowNodeRef>S3<", "<bpmn:flowNodeRef>more</bpmn:flowNodeRef><bpmn:flowNodeRef>S3<")
    found = checks.check({"link-termination.bpmn": text.encode()}, topics().names, keyed(files))
    assert [str(each) for each in found if each.level == "error"] == []


def test_the_page_of_codes_is_the_generated_one() -> None:
    assert document.FILE.read_text("utf-8") == document.page()
    assert document.page().count("\n| `") == len(checks.catalogue())


def test_the_scripts_of_the_bundles_pass_their_own_tests() -> None:
    """Dates, the Modeler's plugin under bpmnlint, and the templates under bpmn.io's validator."""
    done = subprocess.run(["node", "--test"], cwd=ASSETS, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout
