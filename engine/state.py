"""How the tokens of a case are stored: rows of JSON, finished history cut out.

Cases that stand at the same places have states of the same text but for the ids of their
tokens, so a state that is known (see reachability.py) need not be read as JSON.

The state holds no spec (it is the definition's) and no user data (it is the case's), so
it stays at some hundred bytes per waiting token, whatever went before (S7, S15, S17).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from engine.errors import EngineFault
from engine.reachability import Gaps, joined, name_of
from engine.spiff import (
    BoundaryEventJoin,
    BoundaryEventSplit,
    CatchingEvent,
    Flow,
    Script,
    Spec,
    SubFlow,
    Task,
    TaskState,
)

FORMAT = 2
EMPTY = "[]"  # of a case where nothing waits
ID = 3  # where a row has the id of its token, 32 hex digits
FINISHED = TaskState.FINISHED_MASK
WAITS = TaskState.READY | TaskState.STARTED | TaskState.WAITING
SPLIT = ".BoundaryEventSplit"
# What a row leaves out when it is empty: an id, `triggered`, `internal_data`.
NO_MORE = [None, False, None]


def dump(flow: Flow) -> str:
    """The state of a case, compacted."""
    return orjson.dumps([FORMAT, *_flows(flow)]).decode()


def restore(spec: Spec, gaps: Gaps, script: Script) -> Flow:
    """The case of a state, its tokens called by their places; raises `EngineFault` for another format or damage."""
    try:
        return _restore(Flow(spec, script), _read(gaps))
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        reason = f"the stored state is damaged ({type(error).__name__}: {error})"
        raise EngineFault(reason=reason) from None


def _read(gaps: Gaps) -> Any:
    names = [name_of(place) for place in range(len(gaps) - 1)]
    version, *flows = orjson.loads(joined(gaps, names))
    if version != FORMAT:
        raise EngineFault(reason=f"unknown state format {version}")
    if [row[ID] for *_, rows in flows for row in rows if len(row) > ID and row[ID] is not None] != names:
        raise ValueError("the ids of its tokens")
    return flows


def _flows(flow: Flow) -> list[Any]:
    """The flows of a case, compacted."""
    places: dict[str, int] = {}
    flows = [_dump(flow, places)]
    flows += [_dump(sub, places) for sub in flow.subprocesses.values() if sub.parent_task_id in places]
    flow.subprocesses = {key: sub for key, sub in flow.subprocesses.items() if key in places}
    return flows


def splits(task: Task) -> bool:
    """True for the node SpiffWorkflow puts before a task with boundary events."""
    return isinstance(task.task_spec, BoundaryEventSplit)


def _dump(flow: Any, places: dict[str, int]) -> list[Any]:
    """One flow: who owns it, where it got to, and its tasks, every one after its parent.

    `places` numbers the tasks of all flows; only those that rows may point to keep their ids.
    """
    _compact(flow)
    first, rows = len(places), []
    for task in _in_order(flow):
        places[task.id] = len(places)
        rows.append(_row(task, places, first))
    owner = [places[flow.parent_task_id], flow.spec.name] if isinstance(flow, SubFlow) else None
    last = places[flow.last_task.id] - first if flow.last_task and flow.last_task.id in places else None
    return [owner, last, flow.completed, flow.success, rows]


def _in_order(flow: Any) -> Iterator[Task]:
    stack = [flow.task_tree.id]
    while stack:
        task = flow.tasks[stack.pop()]
        yield task
        stack += reversed(task._children)


def _row(task: Task, places: dict[str, int], first: int) -> list[Any]:
    """Its parent's place, state, element, and then what most tasks do without."""
    row = [places[task._parent] - first if task._parent else None, task._state, task.task_spec.name]
    more = [task.id if task._state & WAITS else None, task.triggered, task.internal_data]
    while more and not more[-1]:
        more.pop()
    return row + more


def _restore(top: Flow, flows: list[Any]) -> Flow:
    tasks: list[Task] = []
    _fill(top, flows[0], tasks)
    for entry in flows[1:]:
        owner = tasks[entry[0][0]]
        sub = SubFlow(owner, entry[0][1])
        _fill(sub, entry, tasks)
        sub.completed_event.connect(owner.task_spec._on_subworkflow_completed, owner)
    return top


def _fill(flow: Any, entry: list[Any], tasks: list[Task]) -> None:
    """Put the tasks of one flow into it, and at the end of `tasks`."""
    _, last, completed, success, rows = entry
    first, specs = len(tasks), flow.spec.task_specs
    for row in rows:
        place, state, name, key, triggered, internal = row + NO_MORE[len(row) - 3 :]
        parent = None if place is None else tasks[first + place]
        task = Task(flow, specs[name], parent, state, key)
        task.triggered, task.internal_data = triggered, internal or {}
        tasks.append(task)
        if state & TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            flow.top_workflow.event_manager.add_task(task)
    flow.task_tree, flow.completed, flow.success = tasks[first], completed, success
    flow.last_task = None if last is None else tasks[first + last]


# --- cutting finished history out ---------------------------------------------------------------


def _compact(flow: Any) -> None:
    """Splice finished stretches out, so that a thousand rounds cost what one costs."""
    finished = [task for task in flow.tasks.values() if task._state & FINISHED]
    for cut in (_drop_used, _splice_boundary, _splice_plain):
        for task in reversed(finished):  # children before parents
            if task.id in flow.tasks:
                cut(flow, task)


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


def _drop_used(flow: Any, task: Task) -> None:
    """A branch that has ended goes, with the finished stretch that led only to it; nothing lives behind a cancel."""
    if task._children and task.has_state(TaskState.CANCELLED):
        for child in task.children:
            _forget(flow, child)
        task._children = []
        flow.last_task = flow.last_task if flow.last_task and flow.last_task.id in flow.tasks else task
    used = _used_up(task) or _leads_nowhere(task)
    while used:
        parent = flow.tasks.get(task._parent)
        if parent is None or (splits(parent) and not _fired_before(task, parent)):
            return
        parent._children.remove(task.id)
        _forget(flow, task)
        flow.last_task = flow.last_task if flow.last_task and flow.last_task.id in flow.tasks else parent
        task = parent
        used = _used_up(task)


def _fired_before(task: Task, split: Task) -> bool:
    """True for one of several firings of a repeating event."""
    return any(other is not task and other.task_spec is task.task_spec for other in split.children)


def _used_up(task: Task) -> bool:
    """True where a branch stopped while the case goes on: at a join that fired, or at the end."""
    stopped = not task._children and task.has_state(FINISHED) and not task.workflow.completed
    return stopped and not isinstance(task.task_spec, BoundaryEventJoin)


def _leads_nowhere(split: Task) -> bool:
    """True for a finished task with boundary events behind which only nodes of theirs are left."""
    if not splits(split) or not all(branch.has_state(FINISHED) for branch in split.children):
        return False
    after = [task for branch in split.children for task in branch.children]
    ends = (isinstance(task.task_spec, BoundaryEventJoin) and task.has_state(FINISHED) for task in after)
    return bool(after) and all(ends)


def _bridge(gone: Task, parent: Task, child: Task) -> None:
    parent._children[parent._children.index(gone.id)] = child.id
    child._parent = parent.id


def _forget(flow: Any, task: Task, but: Task | None = None) -> None:
    for child in task.children:
        if child is not but:
            _forget(flow, child, but)
    flow.tasks.pop(task.id, None)


def _ends(task: Task) -> bool:
    return task.has_state(TaskState.CANCELLED) or isinstance(task.task_spec, BoundaryEventJoin)


def _structural(task: Task) -> bool:
    """Joins look back along the tree for these, so they stay."""
    spec = task.task_spec
    return task.triggered or isinstance(spec, (BoundaryEventJoin, BoundaryEventSplit))
