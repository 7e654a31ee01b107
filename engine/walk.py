"""One case under work, as the library walks it: a tree of tasks, some of which wait.

Only what waits may go on (S6), automatic loops are bounded (S8), and the library's tree
walk, which stops at depth 1000, is never used to find work (S7).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from engine import state as states
from engine.errors import EndlessLoop, EngineFault
from engine.joins import TokenJoin
from engine.reachability import Act, Gaps
from engine.spiff import (
    Automatic,
    BoundaryEvent,
    BpmnEvent,
    ErrorEventDefinition,
    Evaluate,
    Flow,
    Script,
    Spec,
    SpiffWorkflowException,
    SubFlow,
    Task,
    TaskState,
    Wait,
)
from engine.state import SPLIT, WAITS, splits

STEP_LIMIT = 500
UNFINISHED = TaskState.NOT_FINISHED_MASK
# Its joins and predictions raise these too, on drawings in which two tokens meet without a join.
LIBRARY_FAULTS = (SpiffWorkflowException, AttributeError, KeyError, TypeError, RecursionError)
DEFINITE = TaskState.DEFINITE_MASK | TaskState.FINISHED_MASK


T = TypeVar("T")


def walked(spec: Spec, gaps: Gaps, act: Act, evaluate: Evaluate) -> tuple[Walk, bool]:
    """A case after an act, and whether an error that was thrown was caught; its tokens are called by their places.

    Raises `EndlessLoop`, and `EngineFault` for a damaged state, or where the library cannot follow the drawing.
    """
    walk, caught = _begun(spec, gaps, act, evaluate), True
    match act:
        case ("load",):
            return walk, True
        case ("complete", token):
            walk.complete(token)
        case ("fire", token):
            walk.fire(token)
        case ("fail", token, code):
            caught = walk.fail(token, code)
    if caught:
        walk.advance()
    return walk, caught


def _begun(spec: Spec, gaps: Gaps, act: Act, evaluate: Evaluate) -> Walk:
    script = Script(evaluate, {})
    if act[0] not in ("start", "enter"):
        return Walk(states.restore(spec, gaps, script))
    walk = Walk(_guarded("the start", lambda: Flow.at_start(spec, script)))
    if act[0] == "enter":
        walk.enter(act[1], spec)
    return walk


class Walk:
    """A case that acts move on. `passed` collects the ids of the elements and flows that tokens went through."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.passed: list[str] = []

    def state(self) -> str:
        """The state as JSON: no spec, no user data, finished history cut out."""
        return states.dump(self._flow)

    @property
    def finished(self) -> bool:
        """True when every token has reached an end."""
        tasks = (task for flow in self._flows() for task in flow.tasks.values())
        return bool(self._flow.completed) or not any(task._state & UNFINISHED for task in tasks)

    def waiting(self) -> list[tuple[str, str, str]]:
        """Every place where the case waits: what the token is called, its element, and what for."""
        return [(task.id, task.task_spec.bpmn_id, kind) for task, kind in self._waits()]

    def enter(self, element: str, spec: Spec) -> None:
        """Take the token at the start to an element; raises `EngineFault` for an unknown one."""
        specs = spec.process.task_specs
        target = specs.get(element + SPLIT) or specs.get(element)
        if target is None:
            raise EngineFault(reason=f"there is no element {element}")
        root = self._flow.task_tree
        root._drop_children(force=True)
        root._set_state(TaskState.COMPLETED)
        _guarded(element, lambda: _enter(root, target))

    def advance(self) -> None:
        """Move every token to its next wait; raises `EndlessLoop` or `EngineFault`."""
        for _ in range(STEP_LIMIT):
            ready = (t for t in self._at_work() if t._state == TaskState.READY and not t.task_spec.manual)
            task = next(ready, None)
            if task is None:
                return
            self._run(task.run, task)
        raise EndlessLoop(count=STEP_LIMIT)

    def complete(self, token: str) -> None:
        """A person or a handler has done the step."""
        task = self._task(token)
        self._run(task.run if task.has_state(TaskState.READY) else task.complete, task)

    def fire(self, token: str) -> None:
        """The awaited time or message has come; a repeating event goes on waiting."""
        task = self._task(token)
        if getattr(task.task_spec.event_definition, "repeats", False):
            self._fire_again(task)
        else:
            self._run(lambda: self._catch(task), task)

    @staticmethod
    def _catch(task: Task) -> None:
        task.task_spec.event_definition.catch(task)
        task.task_spec._update(task)

    def fail(self, token: str, code: str) -> bool:
        """A BPMN error is thrown at a step; True when a boundary event around that step catches it."""
        catcher = self._catcher(self._task(token), code)
        if catcher is None:
            return False
        catcher.task_spec.event_definition.catch(catcher, BpmnEvent(ErrorEventDefinition(code, code)))
        _guarded(catcher.task_spec.name, lambda: catcher.task_spec._update(catcher))
        return True

    @property
    def single(self) -> bool:
        """True when one token of the process itself waits and no join waits for another."""
        flow = self._flow
        joins = any(t.has_state(TaskState.WAITING) and isinstance(t.task_spec, TokenJoin) for t in self._at_work())
        at_work = [t for t, kind in self._waits() if kind != "event" or not isinstance(t.task_spec, BoundaryEvent)]
        return not joins and len(at_work) == 1 and at_work[0].workflow is flow

    def _flows(self) -> list[Flow | SubFlow]:
        """The process, and subprocesses whose element is still there: one may have ended with what was around it."""
        flows: list[Flow | SubFlow] = [self._flow]
        for sub in self._flow.subprocesses.values():  # outer before inner
            if any(sub.parent_task_id in flow.tasks for flow in flows):
                flows.append(sub)
        return flows

    def _at_work(self) -> list[Task]:
        return [task for flow in self._flows() for task in flow.tasks.values() if task._state & WAITS]

    def _waits(self) -> list[tuple[Task, str]]:
        return [(task, kind) for task in self._at_work() if (kind := _kind(task))]

    def _task(self, token: str) -> Task:
        return next(flow.tasks[token] for flow in self._flows() if token in flow.tasks)

    def _catcher(self, task: Task, code: str) -> Task | None:
        """The nearest error event on a step or on what it stands in; one of that code before one of every code.

        The library would hand the error to every error event of the case, on parallel branches too.
        """
        around: list[Task] = task.parent.children if task.parent is not None and splits(task.parent) else []
        events = [t for t in around if t.has_state(TaskState.WAITING) and isinstance(t.task_spec, BoundaryEvent)]
        for wanted in (code, None):
            for event in events:
                definition = event.task_spec.event_definition
                if isinstance(definition, ErrorEventDefinition) and definition.code == wanted:
                    return event
        if task.workflow is self._flow:
            return None
        return self._catcher(self._flow.get_task_from_id(task.workflow.parent_task_id), code)

    def _run(self, act: Callable[[], Any], task: Task) -> None:
        _guarded(task.task_spec.name, act)
        if task.has_state(TaskState.COMPLETED):
            self._note(task)

    def _note(self, task: Task) -> None:
        element = task.task_spec.bpmn_id
        if element is None:
            return
        self.passed.append(element)
        for child in task.children:
            if child.has_state(DEFINITE) and (splits(child) or child.task_spec.bpmn_id):
                self.passed.append(f"{element}>{child.task_spec.name.removesuffix(SPLIT)}")

    def _fire_again(self, task: Task) -> None:
        """Beside the event that waits on, one has fired: what that began outlives the task that they sit on."""
        self.passed.append(task.task_spec.bpmn_id)
        fired = Task(task.workflow, task.task_spec, task.parent, TaskState.COMPLETED) if splits(task.parent) else task
        for output in task.task_spec.outputs:
            if output.name.endswith(".BoundaryEventJoin"):
                continue
            _guarded(task.task_spec.name, functools.partial(_enter, fired, output))
            self.passed.append(f"{task.task_spec.bpmn_id}>{output.name.removesuffix(SPLIT)}")


def _guarded(place: str, act: Callable[[], T]) -> T:
    """What an act returns; raises `EngineFault` where the library cannot follow the drawing."""
    try:
        return act()
    except LIBRARY_FAULTS as error:
        raise EngineFault(reason=f"{place}: {type(error).__name__}: {error}") from error


def _enter(task: Task, output: Any) -> None:
    """A token goes on from a task to an element."""
    child = task._add_child(output, TaskState.FUTURE)
    output._predict(child, mask=UNFINISHED)
    output._update(child)


def _kind(task: Task) -> str | None:
    """What a task waits for, if it does."""
    state, spec = task._state, task.task_spec
    if state == TaskState.READY and spec.manual:
        return "person"
    if state == TaskState.STARTED and isinstance(spec, Automatic):
        return "automatic"
    if state == TaskState.WAITING and isinstance(getattr(spec, "event_definition", None), Wait):
        return "event"
    return None
