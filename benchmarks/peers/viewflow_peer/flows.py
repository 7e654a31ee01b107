"""W1 and W3 in viewflow's own language: a flow is a class, its steps are attributes."""

from __future__ import annotations

from typing import Any

from viewflow import this
from viewflow.workflow import flow


def _view(_request: Any, **_given: Any) -> None:
    """The page of a step; the benchmark completes steps without pages."""


def _stamp(activation: Any) -> None:
    activation.process.data["stamp"] = 1


class W1(flow.Flow):
    """Eight people, one gateway, two automatic steps."""

    begin = flow.StartHandle().Next(this.number)
    number = flow.Function(_stamp).Next(this.u1)
    u1 = flow.View(_view).Next(this.u2)
    u2 = flow.View(_view).Next(this.u3)
    u3 = flow.View(_view).Next(this.choice)
    choice = flow.If(lambda a: a.process.data["u3_decision"] == "approve").Then(this.u4).Else(this.refused)
    u4 = flow.View(_view).Next(this.u5)
    u5 = flow.View(_view).Next(this.u6)
    u6 = flow.View(_view).Next(this.u7)
    u7 = flow.View(_view).Next(this.enter)
    enter = flow.Function(_stamp).Next(this.u8)
    u8 = flow.View(_view).Next(this.done)
    done = flow.End()
    refused = flow.End()


class W3(flow.Flow):
    """One step, again and again."""

    begin = flow.StartHandle().Next(this.u1)
    u1 = flow.View(_view).Next(this.choice)
    choice = flow.If(lambda a: a.process.data["u1_decision"] == "approve").Then(this.done).Else(this.u1)
    done = flow.End()
