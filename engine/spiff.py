"""The only importer of SpiffWorkflow: parses a diagram once, moves the tokens of a case.

Fences around what SpiffWorkflow 3.2.0 does (numbers S1-S17 of docs/spiffworkflow.md):
expressions go to forms.feel, never to eval (S1); service tasks wait (S2-S5); only a
waiting token may be completed (S6); finished history is cut out of the tree, so depth
and cost do not grow with rounds (S7); automatic loops are bounded (S8); timers and
messages are waits that only the engine fires (S13, S14); the stored state holds no
spec and no user data, and only our own format is read back (S15, S17).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    IntermediateCatchEventParser,
    ReceiveTaskParser,
)
from SpiffWorkflow.bpmn.parser.task_parsers import SubWorkflowParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    IntermediateCatchEvent,
    ReceiveTask,
    SubWorkflowTask,
    UserTask,
)
from SpiffWorkflow.bpmn.specs.event_definitions import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine import xml
from engine.diagram import BPMN
from engine.errors import DiagramRefused, EndlessLoop, EngineFault
STEP_LIMIT = 500
PREDICTION_LIMIT = 2_000
FORMAT = 1
FINISHED, UNFINISHED = TaskState.FINISHED_MASK, TaskState.NOT_FINISHED_MASK
DEFINITE = TaskState.DEFINITE_MASK | FINISHED
SPLIT = ".BoundaryEventSplit"

Evaluate = Callable[[str, Mapping[str, Any]], Any]


# --- what the parser makes of a diagram -----------------------------------------------------


class Wait(EventDefinition):  # type: ignore[misc]
    """An event that fires only when the engine says so; timers and messages are rows of ours."""

    def __init__(self, ref: str, repeats: bool) -> None:
        super().__init__(name=ref)
        self.repeats = repeats

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wait) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)


class Automatic(BpmnSpecMixin):  # type: ignore[misc]
    """A step that no person does; it stays STARTED until the engine completes it."""

    def _run_hook(self, my_task: Task) -> None:
        return None


class _WaitParser:
    """Turns timers and messages into waits."""

    node: Any
    bpmn_id: str

    def parse_timer_event(self, event: Any) -> Wait:
        return Wait(self.bpmn_id, event.find(BPMN + "timeCycle") is not None)

    def parse_message_event(self, event: Any) -> Wait:
        return Wait(self.bpmn_id, repeats=False)


class _Boundary(_WaitParser, BoundaryEventParser):  # type: ignore[misc]
    pass


class _Intermediate(_WaitParser, IntermediateCatchEventParser):  # type: ignore[misc]
    pass


class _Receive(_WaitParser, ReceiveTaskParser):  # type: ignore[misc]
    pass


class _Parser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {
        full_tag("manualTask"): (TaskParser, UserTask),
        full_tag("serviceTask"): (TaskParser, Automatic),
        full_tag("sendTask"): (TaskParser, Automatic),
        full_tag("businessRuleTask"): (TaskParser, Automatic),
        full_tag("subProcess"): (SubWorkflowParser, SubWorkflowTask),
        full_tag("boundaryEvent"): (_Boundary, BoundaryEvent),
        full_tag("intermediateCatchEvent"): (_Intermediate, IntermediateCatchEvent),
        full_tag("receiveTask"): (_Receive, ReceiveTask),
    }


# Read by diagram.py or meaningless to token flow; SpiffWorkflow would loop or mutate on them.
_FOREIGN = tuple(
    BPMN + tag
    for tag in (
        "multiInstanceLoopCharacteristics", "dataInputAssociation", "dataOutputAssociation", "ioSpecification",
        "dataObject", "dataObjectReference", "dataStoreReference", "extensionElements", "documentation",
    )
)


@dataclass(frozen=True)
class Spec:
    """A parsed process, shared by all its cases and never changed while they run."""

    process: Any
    subprocesses: Mapping[str, Any]


def validate_schema(root: xml.Element) -> None:
    """Check against the OMG's BPMN 2.0 schema; raises `DiagramRefused` with the line."""
    try:
        _validator().validate(xml.copy(root))
    except ValidationException as error:
        raise DiagramRefused(str(error).splitlines()[0], error.line_number or 0) from None


@functools.cache
def _validator() -> BpmnValidator:
    return BpmnValidator()


def parse(root: xml.Element, process: str) -> Spec:
    """The spec of a process; raises `DiagramRefused` where SpiffWorkflow cannot follow."""
    tree = xml.copy(root)
    xml.drop(tree, *_FOREIGN)
    parser = _Parser()
    try:
        parser.add_bpmn_xml(tree)
        spec = Spec(parser.get_spec(process), parser.get_subprocess_specs(process))
        _refuse_explosion(spec)
    except ValidationException as error:
        element = getattr(error, "tag", None) and getattr(error, "id", None)
        raise DiagramRefused(str(error).splitlines()[0], error.line_number or 0, element) from None
    except (SpiffWorkflowException, RecursionError, KeyError, AttributeError, TypeError, ValueError) as error:
        raise DiagramRefused(f"the flow cannot be followed: {type(error).__name__}: {error}") from None
    return spec


def _refuse_explosion(spec: Spec) -> None:
    """Parallel blocks in a row predict exponentially many tasks: a dry run decides."""
    size = len(BpmnWorkflow(spec.process, spec.subprocesses, _Script(lambda *_: None, {})).tasks)
    if size > PREDICTION_LIMIT:
        raise DiagramRefused(f"the parallel branches unfold into {size} steps, at most {PREDICTION_LIMIT} are allowed")


# --- expressions -----------------------------------------------------------------------------


class _Feel(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    def __init__(self, evaluate: Evaluate, data: Mapping[str, Any]) -> None:
        super().__init__()
        self._evaluate, self._data = evaluate, data

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:
        return self._evaluate(expression, self._data)

    def execute(self, script: str, context: Any, external_context: Any = None) -> Any:
        raise EngineFault(reason="scripts are not allowed")


class _Script(PythonScriptEngine):  # type: ignore[misc]
    def __init__(self, evaluate: Evaluate, data: Mapping[str, Any]) -> None:
        super().__init__(_Feel(evaluate, data))


# --- the tokens of one case --------------------------------------------------------------------


@dataclass(frozen=True)
class Token:
    """A place where the case waits. `kind` is person, automatic or event."""

    id: str
    element: str
    kind: str


class Tokens:
    """The tokens of one case in memory; thrown away after each command.

    `data` is the case's own dict, read by conditions. `passed` collects the ids of the
    elements and flows that tokens went through since loading, in order.
    """

    def __init__(self, workflow: BpmnWorkflow, evaluate: Evaluate, data: Mapping[str, Any]) -> None:
        self._workflow = workflow
        self._workflow.script_engine = _Script(evaluate, data)
        self.passed: list[str] = []

    @classmethod
    def begin(cls, spec: Spec, evaluate: Evaluate, data: Mapping[str, Any]) -> Tokens:
        """Tokens of a new case, standing before the start event."""
        return cls(BpmnWorkflow(spec.process, spec.subprocesses), evaluate, data)

    @classmethod
    def restore(cls, spec: Spec, state: list[Any], evaluate: Evaluate, data: Mapping[str, Any]) -> Tokens:
        """Tokens of a stored case; raises `EngineFault` for a state of another format."""
        if not state or state[0] != FORMAT:
            raise EngineFault(reason=f"unknown state format {state[:1]}")
        try:
            return cls(_restore(spec, state[1:]), evaluate, data)
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise EngineFault(reason=f"the stored state is damaged ({type(error).__name__}: {error})") from None

    def dump(self) -> list[Any]:
        """The state as JSON: no spec, no user data, finished history cut out."""
        flows = [self._workflow, *self._workflow.subprocesses.values()]
        for flow in flows:
            _compact(flow)
        return [FORMAT, *(_dump(flow) for flow in flows)]

    @property
    def finished(self) -> bool:
        """True when every token has reached an end."""
        return bool(self._workflow.completed) or not any(t.has_state(UNFINISHED) for t in self._tasks())

    def waiting(self) -> list[Token]:
        """Every place where the case now waits."""
        return [Token(t.id.hex, t.task_spec.bpmn_id, kind) for t, kind in self._waits()]

    def advance(self) -> None:
        """Move every token to its next wait; raises `EndlessLoop` or `EngineFault`."""
        for _ in range(STEP_LIMIT):
            task = next((t for t in self._tasks() if t.has_state(TaskState.READY) and not t.task_spec.manual), None)
            if task is None:
                return
            self._run(task.run, task)
        raise EndlessLoop(count=STEP_LIMIT)

    def complete(self, token: str) -> None:
        """A person or a handler has done the step; raises `EngineFault` when no token waits there."""
        task = self._waiting_task(token, "person", "automatic")
        self._run(task.run if task.has_state(TaskState.READY) else task.complete, task)

    def fire(self, token: str) -> None:
        """The awaited time or message has come; a repeating event goes on waiting."""
        task = self._waiting_task(token, "event")
        if getattr(task.task_spec.event_definition, "repeats", False):
            self._fire_again(task)
        else:
            task.task_spec.event_definition.catch(task)
            task.task_spec._update(task)

    def fail(self, token: str, code: str) -> bool:
        """A BPMN error is thrown at a step; True when a boundary event catches it."""
        self._waiting_task(token, "person", "automatic")
        before = {t.id for t in self._tasks() if t.has_state(TaskState.READY)}
        self._workflow.catch(BpmnEvent(ErrorEventDefinition(code, code)))
        return any(t.has_state(TaskState.READY) and t.id not in before for t in self._tasks())

    def cancel(self) -> None:
        """Take every token off the diagram."""
        self._workflow.cancel()

    def _tasks(self) -> Iterator[Task]:
        yield from list(self._workflow.tasks.values())
        for sub in list(self._workflow.subprocesses.values()):
            yield from list(sub.tasks.values())

    def _waits(self) -> Iterator[tuple[Task, str]]:
        for task in self._tasks():
            spec = task.task_spec
            if task.has_state(TaskState.READY) and spec.manual:
                yield task, "person"
            elif task.has_state(TaskState.STARTED) and isinstance(spec, Automatic):
                yield task, "automatic"
            elif task.has_state(TaskState.WAITING) and isinstance(getattr(spec, "event_definition", None), Wait):
                yield task, "event"

    def _waiting_task(self, token: str, *kinds: str) -> Task:
        for task, kind in self._waits():
            if task.id.hex == token and kind in kinds:
                return task
        raise EngineFault(reason=f"no token {token} waits for this")

    def _run(self, act: Callable[[], Any], task: Task) -> None:
        try:
            act()
        except SpiffWorkflowException as error:
            raise EngineFault(reason=f"{task.task_spec.name}: {error}") from error
        if task.has_state(TaskState.COMPLETED):
            self._note(task)

    def _note(self, task: Task) -> None:
        element = task.task_spec.bpmn_id
        if element is None:
            return
        self.passed.append(element)
        for child in task.children:
            if child.has_state(DEFINITE):
                self.passed.append(f"{element}>{child.task_spec.name.removesuffix(SPLIT)}")

    def _fire_again(self, task: Task) -> None:
        self.passed.append(task.task_spec.bpmn_id)
        for output in task.task_spec.outputs:
            if output.name.endswith(".BoundaryEventJoin"):
                continue
            child = task._add_child(output, TaskState.FUTURE)
            child.task_spec._predict(child, mask=UNFINISHED)
            child.task_spec._update(child)
            self.passed.append(f"{task.task_spec.bpmn_id}>{output.name.removesuffix(SPLIT)}")


# --- the stored form ---------------------------------------------------------------------------


def _dump(flow: Any) -> list[Any]:
    sub = isinstance(flow, BpmnSubWorkflow)
    owner = [flow.parent_task_id.hex, flow.spec.name] if sub else None
    last = flow.last_task.id.hex if flow.last_task else None
    return [owner, flow.task_tree.id.hex, last, flow.completed, flow.success, [_row(t) for t in flow.tasks.values()]]


def _row(task: Task) -> list[Any]:
    return [
        task.id.hex, task._parent.hex if task._parent else None, [c.hex for c in task._children], task._state,
        task.task_spec.name, task.triggered, round(task.last_state_change, 3), task.internal_data,
    ]


def _restore(spec: Spec, flows: list[Any]) -> BpmnWorkflow:
    top = BpmnWorkflow(spec.process, spec.subprocesses, deserializing=True)
    _fill(top, flows[0])
    waiting = {entry[0][0]: entry for entry in flows[1:]}
    _restore_subs(top, top, waiting, spec)
    return top


def _restore_subs(top: BpmnWorkflow, flow: Any, waiting: dict[str, Any], spec: Spec) -> None:
    for task in list(flow.tasks.values()):
        entry = waiting.pop(task.id.hex, None)
        if entry is None:
            continue
        sub = BpmnSubWorkflow(spec.subprocesses[entry[0][1]], task.id, top, deserializing=True)
        _fill(sub, entry)
        top.subprocesses[task.id] = sub
        sub.completed_event.connect(task.task_spec._on_subworkflow_completed, task)
        _restore_subs(top, sub, waiting, spec)


def _fill(flow: Any, entry: list[Any]) -> None:
    _, root, last, completed, success, rows = entry
    for row in rows:
        task = _task(flow, row)
        if task.has_state(TaskState.WAITING) and isinstance(task.task_spec, CatchingEvent):
            flow.top_workflow.event_manager.add_task(task)
    flow.task_tree, flow.completed, flow.success = flow.tasks[UUID(root)], completed, success
    flow.last_task = flow.tasks.get(UUID(last)) if last else None


def _task(flow: Any, row: list[Any]) -> Task:
    task = Task.__new__(Task)
    task.id, task.workflow, task.thread_id, task.data = UUID(row[0]), flow, 0, {}
    task._parent = UUID(row[1]) if row[1] else None
    task._children = [UUID(child) for child in row[2]]
    task._state, task.task_spec = row[3], flow.spec.task_specs[row[4]]
    task.triggered, task.last_state_change, task.internal_data = row[5], row[6], row[7]
    flow.tasks[task.id] = task
    return task


# --- cutting finished history out of the tree --------------------------------------------------


def _compact(flow: Any) -> None:
    """Splice finished stretches out, so that a thousand rounds cost what one costs."""
    for task in list(flow.tasks.values()):
        if task.id in flow.tasks:
            _splice_boundary(flow, task)
    for task in list(flow.tasks.values()):
        if task.id in flow.tasks:
            _splice_plain(flow, task)


def _splice_plain(flow: Any, task: Task) -> None:
    parent = flow.tasks.get(task._parent)
    if parent is None or len(task._children) != 1 or not task.has_state(TaskState.COMPLETED) or _structural(task):
        return
    child = flow.tasks[task._children[0]]
    if child.has_state(TaskState.COMPLETED) and not _structural(child) and not _splits(parent):
        _bridge(flow, task, parent, child)
        del flow.tasks[task.id]
        flow.last_task = flow.last_task if flow.last_task is not task else child


def _splice_boundary(flow: Any, split: Task) -> None:
    """A finished task with boundary events shrinks to the one branch that went on."""
    parent = flow.tasks.get(split._parent)
    if parent is None or not _splits(split) or _splits(parent):
        return
    onward = [c for branch in split.children for c in branch.children if not _ends(c)]
    over = all(branch.has_state(FINISHED) for branch in split.children)
    if not over or len(onward) != 1 or not onward[0].has_state(TaskState.COMPLETED) or _structural(onward[0]):
        return
    _bridge(flow, split, parent, onward[0])
    for branch in split.children:
        for leaf in [c for c in branch.children if c is not onward[0]]:
            _forget(flow, leaf)
        del flow.tasks[branch.id]
    del flow.tasks[split.id]
    flow.last_task = flow.last_task if flow.last_task and flow.last_task.id in flow.tasks else onward[0]


def _bridge(flow: Any, gone: Task, parent: Task, child: Task) -> None:
    parent._children[parent._children.index(gone.id)] = child.id
    child._parent = parent.id


def _forget(flow: Any, task: Task) -> None:
    for child in task.children:
        _forget(flow, child)
    flow.tasks.pop(task.id, None)


def _ends(task: Task) -> bool:
    return task.has_state(TaskState.CANCELLED) or isinstance(task.task_spec, BoundaryEventJoin)


def _splits(task: Task) -> bool:
    return str(task.task_spec.name).endswith(SPLIT)


def _structural(task: Task) -> bool:
    """Joins look back along the tree for these, so they stay."""
    spec = task.task_spec
    return task.triggered or hasattr(spec, "split_task") or _splits(task) or isinstance(spec, SubWorkflowTask)
