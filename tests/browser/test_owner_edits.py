"""A process owner edits a diagram in the Modeler's canvas and deploys it: new cases run it, old ones keep theirs."""

from __future__ import annotations

import base64
import json
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser

from engine import diagram, project, xml
from tests.browser.conftest import Staff
from tests.browser.modeler import Modeler
from tests.browser.server import Server

pytestmark = pytest.mark.browser

FILE = "link-termination.bpmn"
RENAMED = "ร่างบันทึกแจ้งการขอยกเลิก"
# What an owner does by hand: rename a step, move one to another lane, change a condition, add a step with a form.
EDIT = """async ({ content, renamed, note }) => {
  document.querySelector('#canvas').replaceChildren();
  const modeler = new BpmnModeler({ container: '#canvas', disableAdjustOrigin: true });
  const { warnings } = await modeler.importXML(content);
  const [modeling, shapes, moddle, factory] = ['modeling', 'elementRegistry', 'moddle', 'elementFactory']
    .map((service) => modeler.get(service));
  modeling.updateProperties(shapes.get('S1_memo'), { name: renamed });
  const below = shapes.get('lane_departments').y + 40 - shapes.get('number').y;
  modeling.moveElements([shapes.get('number')], { x: 0, y: below }, shapes.get('pool_link_termination'));
  modeling.updateProperties(shapes.get('F_G_S1_notice'), { conditionExpression: moddle.create(
    'bpmn:FormalExpression', { body: '${S1_decision = "approve" and stop_on != null}' }) });
  const flow = shapes.get('F_S3_notify_S3');
  const middle = { x: (flow.waypoints[0].x + flow.waypoints.at(-1).x) / 2, y: flow.waypoints[0].y };
  const step = modeling.createShape(factory.createShape({ type: 'bpmn:UserTask' }), middle, flow);
  const property = ([name, value]) => moddle.create('camunda:Property', { name, value });
  const properties = moddle.create('camunda:Properties', { values: Object.entries(note).map(property) });
  modeling.updateProperties(step, {
    id: 'S3_review', name: 'ตรวจทานรายงานก่อนแจ้ง', 'camunda:formRef': 'link_termination_S3_review',
    'camunda:formRefBinding': 'deployment', 'camunda:dueDate': 'P2D',
    documentation: [moddle.create('bpmn:Documentation', { text: 'หัวหน้ากลุ่มงานตรวจทานรายงาน' })],
    extensionElements: moddle.create('bpmn:ExtensionElements', { values: [properties] }),
  });
  const { xml } = await modeler.saveXML({ format: true });
  modeler.destroy();
  return { warnings: warnings.map(({ message }) => message), xml };
}"""
NOTE = {
    "origin": "ours",
    "origin.reason": "The report is read once more before it goes out. / ตรวจทานรายงานก่อนแจ้ง",
    "manual.of": "6.4-S3",
}
FORM = {
    "type": "default",
    "id": "link_termination_S3_review",
    "schemaVersion": 18,
    "components": [
        {
            "type": "radio", "id": "Field_reviewed", "key": "reviewed", "label": "ผลการตรวจทาน",
            "values": [{"label": "ถูกต้อง", "value": "right"}], "validate": {"required": True},
        }
    ],
}  # fmt: skip


@pytest.fixture
def modeler(browser: Browser) -> Iterator[Modeler]:
    window = Modeler(browser)
    yield window
    window.closes()
    assert window.troubles == []


def deploys(server: Server, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What the Modeler's Deploy button posts, as the process owner."""
    boundary = uuid.uuid4().hex
    fields = {"deployment-name": "6.4", "deployment-source": "Camunda Modeler", "enable-duplicate-filtering": "true"}
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    parts += [
        f'name="{name}"; filename="{name}"\r\nContent-Type: text/xml\r\n\r\n'.encode() + content
        for name, content in files.items()
    ]
    mark = f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(mark + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    who = base64.b64encode(f"process-owner:{server.password}".encode()).decode()
    headers = {"Authorization": f"Basic {who}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    asked = urllib.request.Request(f"{server.url}/engine-rest/deployment/create", body, headers)  # noqa: S310 - loopback
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - loopback
        return dict(json.load(answer))


def finishes(staff: Staff, case: str) -> None:
    """From the memo to the report."""
    staff["it"].does("S1_memo", case)
    staff["it-director"].does("S1_endorse", case)
    staff["it"].does("S2", case).does("S3", case)


def test_an_edited_diagram_runs_for_new_cases_and_old_ones_keep_theirs(
    staff: Staff, server: Server, modeler: Modeler
) -> None:
    clerk = staff.logs_in("clerk")
    old = clerk.starts("link_termination")
    clerk.does("S1", old, link_no=clerk.link_of("กรมบังคับคดี"))
    given = {"content": project.files()[FILE].decode(), "renamed": RENAMED, "note": NOTE}
    edited = modeler.runs(EDIT, given)
    assert edited["warnings"] == []
    drawn = diagram.read(xml.parse(edited["xml"].encode()))
    assert drawn.role("number") == "departments"
    assert drawn.role("S3_review") == "departments"

    said = deploys(server, {FILE: edited["xml"].encode(), "ตรวจทาน.form": json.dumps(FORM).encode()})
    assert [each["version"] for each in said["deployedProcessDefinitions"].values()] == [2]

    new = clerk.starts("link_termination")
    clerk.does("S1", new, link_no=clerk.link_of("กรมการปกครอง"))
    staff["it"].opens(f"/cases/{new}").sees(RENAMED, "รุ่นที่ 2")
    staff["it"].opens(f"/cases/{old}").sees("รุ่นที่ 1")
    finishes(staff, old)
    staff["it"].opens(f"/cases/{old}").sees("เสร็จสิ้น")

    it = staff["it"].opens("/")
    it.page.locator(".worklist > li").filter(has_text=new).get_by_role("link", name=RENAMED).click()
    it.fills_as_usual().submits()
    staff["it-director"].does("S1_endorse", new)
    it.does("S2", new).does("S3", new)
    it.sees("ตรวจทานรายงานก่อนแจ้ง").fills({"reviewed": "right"}).submits()
    it.opens(f"/cases/{new}").sees("เสร็จสิ้น", "ตรวจทานรายงานก่อนแจ้ง")
