"""What a person sent for a form, checked again on the server by the rules of form-js-viewer 2.0.0.

Three passes: fill in the data as the browser has it, find what is hidden, then check what is shown.
Nothing the form does not ask for is kept, whatever was posted.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, zip_longest
from typing import NamedTuple, TypeAlias

from forms.components import MANY, ONE, Component, Form, Json, values_of
from forms.feel import FeelError, FeelLimitError, compile_expression, compile_unary, plain
from forms.feel.limits import limited
from forms.inputs import CLEANERS, WRONG_OPTION, InputError, empty, same
from forms.places import ABSENT, Indexes, Place, blame_at, dig, drop, put
from forms.rows import with_old
from forms.rules import computed, faults

MAX_ROWS = 500
MAX_ALL_ROWS = 2_000
MAX_STEPS = 500_000
TOO_MUCH = "ข้อมูลที่ส่งมามากเกินกว่าจะตรวจได้"
WRONG_ROWS = "ข้อมูลรายการไม่ถูกต้อง"
Scope: TypeAlias = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Result:
    """`clean` is what may be stored; `errors` are messages by component id, nested by row as form-js keeps them."""

    clean: dict[str, Json]
    errors: dict[str, Json] = field(default_factory=dict)


class Level(NamedTuple):
    """A level of the form in the data: all of the form, or one row of a list."""

    data: Mapping[str, Json]
    scope: Scope
    depth: int = 0
    place: Place = ()
    indexes: Indexes = ()


# A component where it stands: its place and level, and whether it is hidden; rows of a list have one instance each.
Instance: TypeAlias = tuple[Component, Place, Level, bool]


def check(form: Form, posted: Mapping[str, Json], known: Mapping[str, Json], now: datetime) -> Result:
    """Check an answer. `posted` comes from the browser, `known` is the case's data before it; `now` is the clock.

    An answer too large to be checked is one error under the form's own id.
    """
    try:
        return limited(now, MAX_STEPS, _checked, form, posted, known, now)
    except FeelLimitError:
        return Result({}, {form.id: [TOO_MUCH]})


def _checked(form: Form, posted: Mapping[str, Json], known: Mapping[str, Json], now: datetime) -> Result:
    return _Checker(form, posted, known, now).result()


class _Checker:
    """The state of one check."""

    def __init__(self, form: Form, posted: Mapping[str, Json], known: Mapping[str, Json], now: datetime) -> None:
        self.form, self.known, self.now = form, known, now
        self.broken: dict[tuple[str, Indexes], list[str]] = {}
        self.rows_left = MAX_ALL_ROWS
        self.data = self.copy(known)
        self.fill(form.roots, 0, (posted, known), self.data, ())

    def copy(self, data: Mapping[str, Json]) -> dict[str, Json]:
        """The data, with its own copy of what the form's fields may change."""
        return {**data, **{name: copy.deepcopy(data[name]) for name in self.form.deep if name in data}}

    def before(self, names: Set[str]) -> dict[str, Json]:
        """The data as the form showed it before the answer, of these names."""
        shown = self.copy({name: value for name, value in self.known.items() if name in names})
        kept, self.broken = self.broken, {}
        left, self.rows_left = self.rows_left, MAX_ALL_ROWS
        self.fill([root for root in self.form.roots if root.tops & names], 0, (None, self.known), shown, ())
        self.broken, self.rows_left = kept, left
        return shown

    @functools.cached_property
    def initial(self) -> dict[str, Json]:
        """All of the data as the form showed it before the answer."""
        return self.before(self.known.keys() | self.form.tops)

    # -- filling in -------------------------------------------------------------------------------

    def fill(
        self, components: Sequence[Component], depth: int, sources: tuple[Json, Json], target: Json, indexes: Indexes
    ) -> None:
        """Put the value of every field of one level into `target`, from (posted, known)."""
        for component in components:
            place = component.path[depth:]
            if component.is_input:
                put(target, place, self.value(component, place, sources, indexes))
            elif component.repeats:
                put(target, place, self.rows(component, place, sources, indexes))
            elif component.children:
                self.fill(component.children, depth, sources, target, indexes)

    def rows(self, component: Component, place: Place, sources: tuple[Json, Json], indexes: Indexes) -> list[Json]:
        """The rows of a list, each holding only the form's fields."""
        posted, known = (dig(source, place) for source in sources)
        inside = bool(indexes) and sources[0] is not None
        found = posted if posted is not ABSENT or inside else known
        if not isinstance(found, list):
            if posted is not ABSENT and posted is not None:
                self.blame(component, indexes, WRONG_ROWS)
            repetitions = component.attributes.get("defaultRepetitions", 1)
            found = [{}] * min(repetitions if isinstance(repetitions, int) else 1, MAX_ROWS)
        if len(found) > MAX_ROWS or not all(isinstance(row, dict) for row in found):
            self.blame(component, indexes, WRONG_ROWS)
        self.rows_left -= len(found)
        if self.rows_left < 0:
            raise FeelLimitError("too many rows")
        old = [] if not isinstance(known, list) or (inside and posted is ABSENT) else known
        rows, untouched = found[:MAX_ROWS], zip_longest(found, old[: len(found)])
        pairs = untouched if posted is ABSENT else with_old(component, rows, old, self.settable)
        made: list[Json] = []
        for number, (row, before) in enumerate(islice(pairs, MAX_ROWS)):
            target: dict[str, Json] = {}
            pair = (row if posted is not ABSENT else None, before)
            self.fill(component.children, len(component.path), pair, target, (*indexes, number))
            made.append(target)
        return made

    def value(self, component: Component, place: Place, sources: tuple[Json, Json], indexes: Indexes) -> Json:
        """The value of one field: posted if the person may set it, else known, else its default.

        A posted row may be a new one, so what it leaves out is never taken from the old row of its number.
        """
        posted, known = sources
        settable = posted is not None and (component.settable is True or self.settable(component))
        raw = dig(posted, place) if settable else ABSENT
        if raw is ABSENT and not (indexes and settable):
            raw = dig(known, place)
        if raw is ABSENT:
            default = component.attributes.get("defaultValue", ABSENT)
            return empty(component) if default is ABSENT else default
        try:
            value = CLEANERS[component.type](component, raw)
        except InputError as error:
            self.blame(component, indexes, str(error))
            return empty(component)
        return self.among(component, value, {}, indexes) if component.options == "given" else value

    def settable(self, component: Component) -> bool:
        """Whether a posted value counts; a rule for read-only is computed from the data before the answer."""
        rule = component.settable
        if rule is True or rule is False:
            return rule
        return not self.holds(rule[1:], scope_of(self.initial, self.initial, None, []))

    def among(self, component: Component, value: Json, scope: Scope, indexes: Indexes) -> Json:
        """The value without what is no option; each fault is an error."""
        options = self.options(component, scope)
        if type(value) is str and value in options and component.type in ONE:
            return value
        chosen = value if isinstance(value, list) else [] if value is None else [value]
        kept = [item for item in chosen if any(same(item, option) for option in options)]
        if len(kept) < len(chosen):
            self.blame(component, indexes, WRONG_OPTION)
        if component.type in MANY:
            return kept
        return kept[0] if kept else None

    def options(self, component: Component, scope: Scope) -> list[Json]:
        """The values a person may choose; keyed options come from the case, never from the answer."""
        attributes = component.attributes
        if "valuesKey" in attributes:
            return values_of(self.known.get(attributes["valuesKey"]))
        if "values" in attributes:
            return component.values
        return values_of(computed(attributes.get("valuesExpression"), scope, self.now))

    def blame(self, component: Component, indexes: Indexes, message: str) -> None:
        """Remember a fault found while filling in."""
        self.broken.setdefault((component.id, indexes), []).append(message)

    # -- what is shown ----------------------------------------------------------------------------

    def instances(self, data: Mapping[str, Json]) -> list[Instance]:
        """Every instance, with `hidden` decided in the given data."""
        found: list[Instance] = []
        self.walk(self.form.roots, Level(data, scope_of(data, data, None, [])), found, hidden=False)
        return found

    def walk(self, components: Sequence[Component], level: Level, found: list[Instance], *, hidden: bool) -> None:
        """Add the instances of one level."""
        _, scope, depth, inside, _ = level
        for component in components:
            place = inside + component.path[depth:]
            gone = hidden or (component.hide is not None and self.holds(component.hide, scope))
            found.append((component, place, level, gone))
            if not component.children:
                continue
            if not component.repeats:
                self.walk(component.children, level, found, hidden=gone)
            elif not gone:
                self.walk_rows(component, place, level, found)

    def walk_rows(self, component: Component, place: Place, level: Level, found: list[Instance]) -> None:
        """Add the instances in the rows of a list."""
        rows = dig(self.data, place)
        for number, row in enumerate(rows if isinstance(rows, list) else []):
            indexes = (*level.indexes, number)
            scope = scope_of(level.data, row, level.scope, [index + 1 for index in indexes])
            inner = Level(level.data, scope, len(component.path), (*place, number), indexes)
            self.walk(component.children, inner, found, hidden=False)

    def holds(self, rule: str, scope: Scope) -> bool:
        """Whether a condition is true; one that cannot be computed is not."""
        try:
            return compile_unary(rule).holds(scope, self.now)
        except FeelLimitError:
            raise
        except FeelError:
            return False

    def shown(self) -> list[Instance]:
        """Every instance, decided as expressions see the data: hidden fields fall back to their value before."""
        data = self.copy(self.data)
        instances = self.instances(data)
        hidden = [place for one, place, _, gone in instances if gone and (one.is_input or one.repeats)]
        if not self.form.heeds({place[0] for place in hidden}):
            return instances
        for place in hidden:
            drop(data, place)
        gone = self.data.keys() - data.keys()
        return self.instances({**self.before(gone), **data} if gone else data)

    def compute(self) -> list[Instance]:
        """Fill in expression fields until nothing changes; every instance as it is then shown."""
        instances = self.shown()
        if not self.form.computes:
            return instances
        for _ in range(5):
            if not self.recompute_all(instances, on_submit=False):
                break
            instances = self.shown()
        return instances

    def recompute_all(self, instances: Sequence[Instance], *, on_submit: bool) -> bool:
        """Compute the shown expression fields of one moment; whether any value changed."""
        due = [
            (one, place, level.scope)
            for one, place, level, hidden in instances
            if not hidden and one.type == "expression" and (one.attributes.get("computeOn") == "presubmit") == on_submit
        ]
        return sum(self.recompute(*field) for field in due) > 0

    def recompute(self, component: Component, place: Place, scope: Scope) -> bool:
        """Compute one expression field; whether its value changed."""
        text = str(component.attributes.get("expression") or "")
        try:
            value = plain(compile_expression(text[1:]).evaluate(scope, self.now)) if text[:1] == "=" else None
        except FeelLimitError:
            raise
        except FeelError:
            value = None
        if dig(self.data, place) == value:
            return False
        put(self.data, place, value)
        return True

    # -- the result -------------------------------------------------------------------------------

    def result(self) -> Result:
        """Check every shown field and collect what may be stored."""
        stored: dict[str, Json] = {}
        errors: dict[str, Json] = {}
        for component, place, level, hidden in self.submitted():
            if hidden or component.skipped:
                continue
            messages: list[str] = []
            if component.is_input:
                if component.options == "computed":
                    self.choose(component, place, level)
                value = dig(self.data, place)
                put(stored, place, value)
                messages = faults(component, value, level.scope, self.now)
            elif component.repeats:
                put(stored, place, [{} for _ in dig(self.data, place)])
            if self.broken:
                messages = self.broken.get((component.id, level.indexes)) or messages
            if messages:
                blame_at(errors, component.id, level.indexes, messages)
        return Result(stored, errors)

    def choose(self, component: Component, place: Place, level: Level) -> None:
        """Take from what one shown field holds what is no option by what was answered."""
        put(self.data, place, self.among(component, dig(self.data, place), level.scope, level.indexes))

    def submitted(self) -> list[Instance]:
        """Every instance; what is computed on submitting has its value by then, but shows and hides nothing."""
        instances = self.compute()
        if self.form.computes:
            self.data = self.copy(self.data)
            self.recompute_all(instances, on_submit=True)
        return instances


def scope_of(data: Mapping[str, Json], this: Json, parent: Scope | None, numbers: list[int]) -> Scope:
    """The names an expression sees: the data first, then `this`, `parent` and the row numbers `i`."""
    own = {"this": this, "parent": parent, "i": numbers}
    return {**own, **data, "_this_": this, "_parent_": parent, "_i_": numbers}
