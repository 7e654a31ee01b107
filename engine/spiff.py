"""The only importer of SpiffWorkflow: parses a diagram once, for all its cases.

Fences around what SpiffWorkflow 3.2.0 does (numbers S1-S17 of docs/spiffworkflow.md):
expressions go to forms.feel, never to eval (S1); service tasks wait (S2-S5); timers and
messages are waits that only the engine fires (S13, S14); exploding diagrams are refused.
tokens.py and state.py fence the rest, with the library's names they take from here.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    IntermediateCatchEventParser,
    ReceiveTaskParser,
)
from SpiffWorkflow.bpmn.parser.task_parsers import ConditionalGatewayParser, GatewayParser, SubWorkflowParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    InclusiveGateway,
    IntermediateCatchEvent,
    ParallelGateway,
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
from SpiffWorkflow.exceptions import SpiffWorkflowException, WorkflowException
from SpiffWorkflow.task import Task as LibraryTask
from SpiffWorkflow.util.task import TaskState

from engine import xml
from engine.diagram import BPMN
from engine.errors import DiagramRefused, EngineFault
from engine.joins import TokenJoin, leading_to
from engine.reachability import Graph

__all__ = [
    "Automatic",
    "BoundaryEvent",
    "BoundaryEventJoin",
    "BoundaryEventSplit",
    "BpmnEvent",
    "CatchingEvent",
    "ErrorEventDefinition",
    "Evaluate",
    "Flow",
    "Script",
    "Spec",
    "SpiffWorkflowException",
    "SubFlow",
    "Task",
    "TaskState",
    "Wait",
    "parse",
    "validate_schema",
]

PREDICTION_LIMIT = 2_000

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


class ParallelJoin(TokenJoin, ParallelGateway):  # type: ignore[misc]
    """A parallel gateway that fires once a token stands on each of its flows, and foresees nothing before.

    The library does, once per branch: ten blocks of three branches in a row unfold into 384,000 tasks.
    """

    def _incomplete(self, empty: set[Any], filled: set[Any], tasks: Iterable[Task]) -> bool:
        return bool(empty)

    def _predict_hook(self, my_task: Task) -> None:
        if len(self.inputs) < 2 or my_task.has_state(TaskState.READY):
            super()._predict_hook(my_task)

    def _run_hook(self, my_task: Task) -> bool:
        self._predict(my_task, mask=TaskState.NOT_FINISHED_MASK)
        return True


class InclusiveJoin(TokenJoin, InclusiveGateway):  # type: ignore[misc]
    """An inclusive gateway that fires once no token elsewhere can come to a flow that has none."""

    def _incomplete(self, empty: set[Any], filled: set[Any], tasks: Iterable[Task]) -> bool:
        tokens = {task.task_spec for task in tasks if task.holds_token}
        return bool(tokens & (leading_to(empty, self) - leading_to(filled, self)))

    def _run_hook(self, my_task: Task) -> bool:
        matching, default = self._get_matching_outputs(my_task)
        if not matching and not default:
            raise WorkflowException("no condition holds, and there is no default", task_spec=self)
        my_task._sync_children(matching or default, TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


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
    OVERRIDE_PARSER_CLASSES: ClassVar[dict[str, Any]] = {
        full_tag("manualTask"): (TaskParser, UserTask),
        full_tag("serviceTask"): (TaskParser, Automatic),
        full_tag("sendTask"): (TaskParser, Automatic),
        full_tag("businessRuleTask"): (TaskParser, Automatic),
        full_tag("parallelGateway"): (GatewayParser, ParallelJoin),
        full_tag("inclusiveGateway"): (ConditionalGatewayParser, InclusiveJoin),
        full_tag("subProcess"): (SubWorkflowParser, SubWorkflowTask),
        full_tag("boundaryEvent"): (_Boundary, BoundaryEvent),
        full_tag("intermediateCatchEvent"): (_Intermediate, IntermediateCatchEvent),
        full_tag("receiveTask"): (_Receive, ReceiveTask),
    }


# Read by diagram.py or meaningless to token flow; SpiffWorkflow would loop or mutate on them.
_FOREIGN = (
    "multiInstanceLoopCharacteristics dataInputAssociation dataOutputAssociation ioSpecification "
    "dataObject dataObjectReference dataStoreReference extensionElements documentation"
).split()


@dataclass(frozen=True)
class Spec:
    """A parsed process, shared by all its cases and never changed while they run; what is known of it grows."""

    process: Any
    subprocesses: Mapping[str, Any]
    graph: Graph = field(default_factory=Graph, compare=False)


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
    xml.drop(tree, *(BPMN + tag for tag in _FOREIGN))
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
    size = len(Flow.at_start(spec, Script(lambda *_: None, {})).tasks)
    if size > PREDICTION_LIMIT:
        raise DiagramRefused(f"the parallel branches unfold into {size} steps, at most {PREDICTION_LIMIT} are allowed")


# --- a case under work ------------------------------------------------------------------------


class Task(LibraryTask):  # type: ignore[misc]
    """A place in the tree of a case, as the library has it, without what nobody asks of it.

    The library's own writes a log entry and reads the clock at every change of state, and
    copies data from parent to child, of which our tokens carry none. Ids are text, as in rows.
    """

    triggered, thread_id, last_state_change = False, 0, 0

    def __init__(self, flow: Any, spec: Any, parent: Task | None, state: int, key: str | None = None) -> None:
        self.id: str = key or next(flow.top_workflow.ids)
        self.workflow, self.task_spec = flow, spec
        self._parent: str | None = None
        self._children: list[str] = []
        self._state = state
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        flow.tasks[self.id] = self
        if parent is not None:
            self._parent = parent.id
            parent._children.append(self.id)

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> Task:
        if self._state & TaskState.PREDICTED_MASK and not state & TaskState.PREDICTED_MASK:
            raise WorkflowException("Attempt to add non-predicted child to predicted task", task_spec=self.task_spec)
        return Task(self.workflow, task_spec, self, state)

    def _set_state(self, value: int) -> None:
        self._state = value

    def _inherit_data(self) -> None:
        return None

    @property
    def holds_token(self) -> bool:
        """True under work, and where the turn comes in this very step."""
        comes = self._state != TaskState.FUTURE or self.parent._state == TaskState.COMPLETED
        return comes and bool(self._state & TaskState.DEFINITE_MASK)

    def wait(self) -> None:
        """Stand before a gateway that does not fire yet."""
        self._state = TaskState.WAITING


class _Planted:
    """A flow whose tasks are ours, and that looks for waiting tasks only where there are some."""

    spec: Any
    tasks: dict[str, Task]
    task_tree: Task

    def plant(self) -> None:
        """Begin its tree, as the library's constructor would."""
        self.task_tree = Task(self, self.spec.start, None, TaskState.FUTURE)
        self.spec.start._predict(self.task_tree, mask=TaskState.NOT_FINISHED_MASK)
        self.task_tree._ready()

    def update_waiting_tasks(self) -> None:
        if TaskState.WAITING in [task._state for task in self.tasks.values()]:
            super().update_waiting_tasks()  # type: ignore[misc]


class SubFlow(_Planted, BpmnSubWorkflow):  # type: ignore[misc]
    """A subprocess of a case under work; empty until it is planted or filled."""

    def __init__(self, owner: Task, name: str) -> None:
        top = owner.workflow.top_workflow
        super().__init__(top.subprocess_specs[name], owner.id, top, deserializing=True)
        top.subprocesses[owner.id] = self


class Flow(_Planted, BpmnWorkflow):  # type: ignore[misc]
    """A case under work; empty until it is planted or filled. `ids` are of 32 hex digits, and no two are the same."""

    def __init__(self, spec: Spec, script: Script) -> None:
        self.ids: Iterator[str] = map(f"{os.urandom(13).hex()}{{:06x}}".format, itertools.count())
        super().__init__(spec.process, spec.subprocesses, script, deserializing=True)

    @classmethod
    def at_start(cls, spec: Spec, script: Script) -> Flow:
        """A new case, standing before its start event."""
        flow = cls(spec, script)
        flow.plant()
        return flow

    def create_subprocess(self, my_task: Task, spec_name: str) -> SubFlow:
        """The flow of a subprocess that a token has come to."""
        flow = SubFlow(my_task, spec_name)
        flow.plant()
        return flow


# --- expressions -----------------------------------------------------------------------------


class _Feel(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    def __init__(self, evaluate: Evaluate, data: Mapping[str, Any]) -> None:
        super().__init__()
        self._evaluate, self._data = evaluate, data

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:
        return self._evaluate(expression, self._data)

    def execute(self, script: str, context: Any, external_context: Any = None) -> Any:
        raise EngineFault(reason="scripts are not allowed")


class Script(PythonScriptEngine):  # type: ignore[misc]
    """Evaluates conditions over one case's data."""

    def __init__(self, evaluate: Evaluate, data: Mapping[str, Any]) -> None:
        super().__init__(_Feel(evaluate, data))
