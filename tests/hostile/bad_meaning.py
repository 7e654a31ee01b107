"""Bad files: topics, code, decisions, forms, expressions, times."""

from __future__ import annotations

from tests.hostile.bad import Bad, diagram, edited, form, good, table

TOPIC = 'camunda:topic="number-case"'
DECISION = 'camunda:decisionRef="good_decision"'
RESULT = 'camunda:resultVariable="size"'
FORM = 'name="จัดทำคำขอ" camunda:formRef="good_form"'
APPROVED = '${S1_decision = "approve"}'
CYCLE = "R3/P1D"
DURATION = ">P3D<"
TEXT_INPUT = ">รอท่านพิจารณา<"
DMN_TEXT = "<text>&lt; 100</text>"
AMOUNT = '{"type": "number", "id": "Field_amount", "key": "amount", "label": "จำนวน"},'


def extended(code: str, xml: str, note: str = "") -> Bad:
    """The process with something more in its extension elements."""
    return diagram(code, ("<camunda:properties>", f"{xml}<camunda:properties>"), note=note)


def condition(code: str, text: str, note: str = "") -> Bad:
    """The choice made by another condition."""
    return diagram(code, (APPROVED, text), note=note)


def component(code: str, json: str, note: str = "") -> Bad:
    """The form with another component in place of the number."""
    return form(code, (AMOUNT, f"{json},"), note=note)


STEPS = [
    diagram("not-external", ('camunda:type="external" camunda:topic="number-case"', "")),
    diagram("missing-topic", (TOPIC, "")),
    diagram("unknown-topic", (TOPIC, 'camunda:topic="scor-partner"')),
    diagram("java-code", (TOPIC, f'{TOPIC} camunda:class="java.lang.Runtime"')),
    diagram("java-code", (TOPIC, f'{TOPIC} camunda:expression="${{bean.run()}}"')),
    diagram("java-code", (TOPIC, f'{TOPIC} camunda:delegateExpression="${{bean}}"')),
    extended("java-code", '<camunda:field name="x" stringValue="y"/>'),
    extended("listener", '<camunda:executionListener class="x" event="start"/>'),
    extended("listener", '<camunda:taskListener expression="${x}" event="create"/>'),
    extended("connector", "<camunda:connector><camunda:connectorId>http</camunda:connectorId></camunda:connector>"),
    diagram("script", (TEXT_INPUT, '><camunda:script scriptFormat="groovy">x</camunda:script><')),
    diagram("script", ("tFormalExpression\">${S1", "tFormalExpression\" language=\"javascript\">${S1")),
    diagram("structured-parameter", (TEXT_INPUT, "><camunda:list><camunda:value>1</camunda:value></camunda:list><")),
    diagram("structured-parameter", (TEXT_INPUT, "><camunda:map/><")),
    diagram("missing-decision", (DECISION, "")),
    diagram("unknown-decision", (DECISION, 'camunda:decisionRef="gone"')),
    diagram("unknown-decision", (DECISION, 'camunda:decisionRef="${which}"'), note="not chosen at run time"),
    diagram("missing-result-variable", (RESULT, "")),
    diagram("bad-result-mapping", ('mapDecisionResult="singleEntry"', 'mapDecisionResult="magic"')),
    diagram("unknown-form", (FORM, 'camunda:formRef="gone"')),
    diagram("form-key", (FORM, 'camunda:formKey="embedded:app:form.html"')),
    extended("form-key", "<camunda:formData/>"),
    diagram("form-binding", ('formRefBinding="deployment"', 'formRefBinding="version" camunda:formRefVersion="1"')),
    diagram("candidate-users", (FORM, f'{FORM} camunda:candidateUsers="demo"')),
    diagram("start-form", ('<bpmn:startEvent id="start"', '<bpmn:startEvent camunda:formRef="good_form" id="start"')),
    diagram("candidate-starters", ("camunda:history", 'camunda:candidateStarterGroups="x" camunda:history')),
    diagram("reserved-variable", (RESULT, 'camunda:resultVariable="starter"')),
    diagram("reserved-variable", ('elementVariable="unit"', 'elementVariable="all_units"')),
    diagram("bad-variable-name", (RESULT, 'camunda:resultVariable="the size"')),
    diagram("bad-variable-name", (RESULT, 'camunda:resultVariable="__class__.x"')),
]

EXPRESSIONS = [
    condition("bad-expression", "__import__('os').system('x')", note="code in a condition"),
    condition("bad-expression", "${score >> 60}"),
    condition("bad-expression", "${execution.getVariable('x')}"),
    condition("bad-expression", "${().__class__.__bases__[0].__subclasses__()}"),
    condition("bad-expression", "${(lambda: 1)()}"),
    condition("bad-expression", "${" + "(" * 200 + "1" + ")" * 200 + "}", note="too deep"),
    condition("bad-expression", "${" + "1+" * 4_000 + "1}", note="too long"),
    condition("mixed-expression", '${S1_decision} = "approve"'),
    diagram("bad-expression", (CYCLE, "${os.system('x')}"), note="in a timer"),
    diagram("bad-expression", ("${all_units}", "${open('/etc/passwd').read()}"), note="in a collection"),
    diagram("bad-expression", ("nrOfCompletedInstances &gt;= 3", "exec('x')"), note="in a completion condition"),
    diagram("bad-expression", ("${size}", "${size.__class__()}"), note="in an input parameter"),
    diagram("bad-expression", ("+ string(amount)", "+ eval(amount)"), note="in the case title"),
    diagram("bad-expression", ('camunda:dueDate="P5D"', 'camunda:dueDate="${now() +}"'), note="in a due date"),
    diagram("mixed-expression", (TEXT_INPUT, ">เรียน ${starter}<")),
    diagram("timer-without-time", (DURATION, "><")),
    diagram("bad-timer", (DURATION, ">3 days<")),
    diagram("bad-timer", (DURATION, ">0 0 9 * * ?<"), note="cron"),
    diagram("bad-timer", (CYCLE, "every day")),
    diagram("bad-timer", (DURATION, ">P99999999999Y<"), note="past the calendar"),
    diagram("bad-timer", (CYCLE, "R3/P101Y")),
    diagram("bad-timer", ("timeDuration xsi:type=\"bpmn:tFormalExpression\">P3D</bpmn:timeDuration", (
        "timeDate xsi:type=\"bpmn:tFormalExpression\">2026-13-45</bpmn:timeDate"
    ))),
    diagram("cycle-too-often", (CYCLE, "R3/PT1M")),
    diagram("cycle-too-often", (CYCLE, "R3/P0D")),
    diagram("cycle-unbounded", (CYCLE, "R/P1D")),
    diagram("cycle-unbounded", (CYCLE, "R0/P1D")),
    diagram("cycle-unbounded", (CYCLE, "R100/P1D")),
    diagram("cycle-place", (' cancelActivity="false"', "")),
    diagram("bad-due-date", ('camunda:dueDate="P5D"', 'camunda:dueDate="tomorrow"')),
    diagram("bad-due-date", ('camunda:dueDate="P5D"', 'camunda:dueDate="P5"')),
    diagram("loop-without-items", (' camunda:collection="${all_units}"', "")),
    diagram("loop-without-variable", (' camunda:elementVariable="unit"', "")),
    *(
        diagram("bad-cardinality", (' camunda:collection="${all_units}" camunda:elementVariable="unit">', (
            f"><bpmn:loopCardinality>{count}</bpmn:loopCardinality>"
        )))
        for count in ("0", "1001", "many", "๓", "-1", "9" * 400)
    ),
    condition("unwritten-variable", '${S1_decison = "approve"}', note="a slip of the pen"),
    table("unwritten-variable", ("<text>amount</text>", "<text>amuont</text>"), note="in a decision table"),
]

FORMS = [
    form("form-json", ("{", "")),
    form("form-json", ('"number"', '"number", "x": ' + "[" * 100_000)),
    form("form-shape", ('"components"', '"parts"')),
    form("form-id", ('"id": "good_form"', '"id": ""')),
    form("form-id", ('"id": "Field_amount"', '"id": "Field_unit"')),
    form("form-size", ("เรื่องของ", "ก" * 400_000)),
    component("form-depth", '{"type":"group","id":"g","components":[' * 30 + "]}" * 30),
    component("form-count", ",".join(f'{{"type":"text","id":"t{n}","text":"x"}}' for n in range(501))),
    component("form-component", '{"id": "typeless"}'),
    component("form-key-name", '{"type": "number", "id": "n", "key": "a b"}'),
    component("form-forbidden", '{"type": "html", "id": "h", "content": "<script>alert(1)</script>"}'),
    component("form-forbidden", '{"type": "iframe", "id": "i", "url": "javascript:alert(1)"}'),
    component("form-type", '{"type": "hologram", "id": "h"}'),
    component("form-image", '{"type": "image", "id": "i", "source": "https://example.org/spy.gif"}'),
    component("form-reserved", '{"type": "textfield", "id": "t", "key": "case_number"}'),
    component("form-reserved", '{"type": "textfield", "id": "t", "key": "typename"}'),
    component("form-options", '{"type": "radio", "id": "r", "key": "r", "values": []}'),
    component("form-feel", '{"type": "text", "id": "t", "text": "{{__import__(\'os\').system(\'x\')}}"}'),
    component("form-pattern", '{"type": "textfield", "id": "t", "key": "t", "validate": {"pattern": "(a"}}'),
    component("form-duplicate", '{"type": "number", "id": "n", "key": "S1_decision"}'),
    Bad("duplicate-form", {**good("good.bpmn", "good.form", "good.dmn"), "twin.form": edited("good.form")}),
    Bad("unused-form", {
        **good("good.bpmn", "good.form", "good.dmn"), "other.form": edited("good.form", ("good_form", "other_form")),
    }),
    form("unknown-list", ("list_units", "list_passwords")),
]

TABLES = [
    table("not-dmn", ("www.omg.org/spec/DMN", "example.org/DMN")),
    table("bad-decision", ("&lt; 100", "__import__('os').system('x')"), note="code in a cell"),
    table("bad-decision", ("&lt; 100", "&lt;&lt; 100")),
    table("bad-decision", ('hitPolicy="UNIQUE"', 'hitPolicy="PRIORITY"')),
    table("bad-decision", (' name="size"', ""), note="an output without a name"),
    table("bad-decision", ("<text>amount</text>", "<text>amount +</text>"), note="the input"),
    table("bad-decision", ('<inputEntry id="small_in"><text>&lt; 100</text></inputEntry>', ""), note="a cell missing"),
    table("bad-decision", *(("<rule ", "<row "), ("</rule>", "</row>")) * 2, note="no rows"),
    table("bad-decision", ("<decisionTable", "<literalExpression"), ("</decisionTable>", "</literalExpression>")),
    Bad("duplicate-decision", {**good("good.bpmn", "good.form", "good.dmn"), "twin.dmn": edited("good.dmn")}),
    table("overlapping-rows", ("&gt;= 100", "&lt; 100")),
    table("overlapping-rows", (DMN_TEXT, "<text></text>"), note="a row that takes every case"),
    table("row-never-reached", ("UNIQUE", "FIRST"), (DMN_TEXT, "<text>-</text>")),
]

ALL = [*STEPS, *EXPRESSIONS, *FORMS, *TABLES]
