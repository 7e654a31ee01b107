"""How the tokens of a case are stored: rows of JSON, finished history cut out.

The state holds no spec (it is the definition's) and no user data (it is the case's), so
it stays at some hundred bytes per waiting token, whatever went before (S7, S15, S17).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from engine.errors import EngineFault
from engine.spiff import (
    BoundaryEventJoin,
    BpmnSubWorkflow,
    BpmnWorkflow,
    CatchingEvent,
    Spec,
    SubWorkflowTask,
    Task,
    TaskState,
)

FORMAT = 1
FINISHED = TaskState.FINISHED_MASK
SPLIT = ".BoundaryEventSplit"


def dump(workflow: BpmnWorkflow) -> list[Any]:
    """The state of a workflow as JSON, compacted."""
    flows = [workflow, *workflow.subprocesses.values()]
    for flow in flows:
        _compact(flow)
    return [FORMAT, *(_dump(flow) for flow in flows)]


def restore(spec: Spec, state: list[Any]) -> BpmnWorkflow:
    """The workflow of a stored state; raises `EngineFault` for another format or damage."""
    if not state or state[0] != FORMAT:
        raise EngineFault(reason=f"unknown state format {state[:1]}")
    try:
        return _restore(spec, state[1:])
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise EngineFault(reason=f"the stored state is damaged ({type(error).__name__}: {error})") from None


def splits(task: Task) -> bool:
    """True for the node SpiffWorkflow puts before a task with boundary events."""
    return str(task.task_spec.name).endswith(SPLIT)


def _dump(flow: Any) -> list[Any]:
    sub = isinstance(flow, BpmnSubWorkflow)
    owner = [flow.parent_task_id.hex, flow.spec.name] if sub else None
    last = flow.last_task.id.hex if flow.last_task else None
    return [owner, flow.task_tree.id.hex, last, flow.completed, flow.success, [_row(t) for t in flow.tasks.values()]]


def _row(task: Task) -> list[Any]:
    return [
        task.id.hex,
        task._parent.hex if task._parent else None,
        [c.hex for c in task._children],
        task._state,
        task.task_spec.name,
        task.triggered,
        round(task.last_state_change, 3),
        task.internal_data,
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


# --- cutting finished history out ---------------------------------------------------------------


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
    if child.has_state(TaskState.COMPLETED) and not _structural(child) and not splits(parent):
        _bridge(task, parent, child)
        del flow.tasks[task.id]
        flow.last_task = flow.last_task if flow.last_task is not task else child


def _splice_boundary(flow: Any, split: Task) -> None:
    """A finished task with boundary events shrinks to the one branch that went on."""
    parent = flow.tasks.get(split._parent)
    if parent is None or not splits(split) or splits(parent):
        return
    onward = [c for branch in split.children for c in branch.children if not _ends(c)]
    over = all(branch.has_state(FINISHED) for branch in split.children)
    if not over or len(onward) != 1 or not onward[0].has_state(TaskState.COMPLETED) or _structural(onward[0]):
        return
    _bridge(split, parent, onward[0])
    _forget(flow, split, but=onward[0])
    flow.last_task = flow.last_task if flow.last_task and flow.last_task.id in flow.tasks else onward[0]


def _bridge(gone: Task, parent: Task, child: Task) -> None:
    parent._children[parent._children.index(gone.id)] = child.id
    child._parent = parent.id


def _forget(flow: Any, task: Task, but: Task) -> None:
    for child in task.children:
        if child is not but:
            _forget(flow, child, but)
    flow.tasks.pop(task.id, None)


def _ends(task: Task) -> bool:
    return task.has_state(TaskState.CANCELLED) or isinstance(task.task_spec, BoundaryEventJoin)


def _structural(task: Task) -> bool:
    """Joins look back along the tree for these, so they stay."""
    spec = task.task_spec
    return task.triggered or hasattr(spec, "split_task") or splits(task) or isinstance(spec, SubWorkflowTask)
