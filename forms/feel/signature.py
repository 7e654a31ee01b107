"""How a built-in takes its arguments: types, the conversions FEEL allows, null for anything else.

A type is a FEEL type name, `any`, or `list`; a trailing `?` lets an argument be null or left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time

from forms.feel.limits import BANGKOK, Value, few_enough, short_enough, tick
from forms.feel.values import Function, type_of

Library = dict[str, Function]
Body = Callable[..., Value]
_WRONG = object()


def fixed(library: Library, name: str, **types: str) -> Callable[[Body], Body]:
    """Register a built-in with named, typed parameters (`_` in a keyword stands for a space)."""

    def register(body: Body) -> Body:
        kinds = tuple(types.values())

        def call(*args: Value) -> Value:
            padded = [*args, *[None] * (len(kinds) - len(args))]
            converted = [convert(value, kind) for value, kind in zip(padded, kinds, strict=True)]
            return None if any(item is _WRONG for item in converted) else checked(body(*converted))

        library[name] = Function(tuple(key.strip("_").replace("_", " ") for key in types), call)
        return body

    return register


def variadic(library: Library, name: str, kind: str, parameter: str = "list") -> Callable[[Body], Body]:
    """Register a built-in over one list, or over its arguments as a list."""

    def register(body: Body) -> Body:
        def call(*args: Value) -> Value:
            items = args[0] if len(args) == 1 and isinstance(args[0], list) else list(args)
            converted = [convert(item, kind) for item in items]
            return None if not args or any(item is _WRONG for item in converted) else checked(body(converted))

        library[name] = Function((f"...{parameter}",), call)
        return body

    return register


def convert(value: Value, kind: str) -> Value:
    """The value as the parameter's type, or the marker for a wrong argument."""
    optional = kind.endswith("?")
    kind = kind.removesuffix("?")
    if value is None:
        return None if optional or kind == "any" else _WRONG
    if kind == "list":
        return value if isinstance(value, list) else [value]
    if kind == "any":
        return value
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if type_of(value) == kind:
        return value
    return cast(value, kind)


def cast(value: Value, kind: str) -> Value:
    """Between the temporal types, the only conversion besides a list of one."""
    if not isinstance(value, (date, time)):
        return _WRONG
    if kind == "date time":
        return value
    if kind == "date" and isinstance(value, datetime):
        return value.date()
    if kind == "time":
        return value.timetz() if isinstance(value, datetime) else time(0, tzinfo=BANGKOK)
    return _WRONG


def checked(result: Value) -> Value:
    """Keep computed texts and lists within their bounds."""
    if isinstance(result, str):
        return short_enough(result)
    return few_enough(result) if isinstance(result, list) else result


def invoke(function: Value, values: Sequence[Value], named: Mapping[str, Value] | None = None) -> Value:
    """Call a function value; null when it is none or the arguments do not fit."""
    if not isinstance(function, Function):
        return None
    if named:
        arranged = arrange(function, named)
        if arranged is None:
            return None
        values = arranged
    tick(1 + sum(len(value) // 16 for value in values if isinstance(value, (str, list, dict))))
    if len(values) > len(function.names) and not (function.names and function.names[-1].startswith("...")):
        return None
    try:
        return function.call(*values)
    except ArithmeticError:  # a number out of range, as in the other arithmetic
        return None


def arrange(function: Function, named: Mapping[str, Value]) -> list[Value] | None:
    """Named arguments in the order of the parameters; None for an unknown name."""
    known = {name.removeprefix("...") for name in function.names}
    if not known.issuperset(named):
        return None
    arranged: list[Value] = []
    for name in function.names:
        value = named.get(name.removeprefix("..."))
        if not name.startswith("..."):
            arranged.append(value)
        elif value:
            arranged.extend(value if isinstance(value, list) else [value])
    return arranged
