"""What a gateway with several ways in waits for: tokens meet there, and are used up when it fires.

The library counts tokens of earlier rounds too, so that in a loop it fires with a branch missing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any


class TokenJoin(ABC):
    """A gateway at which tokens wait for each other."""

    inputs: list[Any]

    def _update_hook(self, my_task: Any) -> bool:
        tasks = my_task.workflow.tasks.values()
        arrived = {task.parent.task_spec: task for task in tasks if task.task_spec is self and task.holds_token}
        if self._incomplete(set(self.inputs) - set(arrived), set(arrived), tasks):
            my_task.wait()
            return False
        for task in arrived.values():
            if task.parent.task_spec is not my_task.parent.task_spec:
                task.cancel()
        return True

    @abstractmethod
    def _incomplete(self, empty: set[Any], filled: set[Any], tasks: Iterable[Any]) -> bool:
        """True while a token is missed that may still come."""


def leading_to(goals: Iterable[Any], gateway: Any) -> set[Any]:
    """All elements from which a token can come to these without passing the gateway."""
    found = {gateway}
    ahead = list(goals)
    while ahead:
        element = ahead.pop()
        if element not in found:
            found.add(element)
            ahead += element.inputs
    return found - {gateway}
