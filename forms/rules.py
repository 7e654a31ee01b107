"""The `validate` rules of a form-js field, in the order and with the meaning of form-js-viewer 2.0.0.

Every message is the Thai text that the browser shows for the same fault.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any, TypeAlias

from forms.components import Component, Json
from forms.feel import FeelError, FeelLimitError, compile_expression, plain, regex
from forms.feel.values import number_text, to_number

REQUIRED = "จำเป็นต้องกรอก"
WRONG_PHONE = "เบอร์โทรต้องขึ้นต้นด้วยรหัสประเทศ เช่น +66812345678"
WRONG_EMAIL = "อีเมลไม่ถูกต้อง"
BROKEN_PATTERN = "รูปแบบที่กำหนดไว้ใช้ไม่ได้"
Bound: TypeAlias = tuple[str, str, Callable[[Any, Any], bool]]  # its name, what a fault says, what is one
_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
EMAIL = r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@" + _LABEL + r"(?:\." + _LABEL + ")*$"
PHONE = r"(?:\+|00)[1-9]\d{6,23}$"


def computed(value: Json, scope: Mapping[str, Json], now: datetime) -> Json:
    """What a `=...` text comes to in a scope, null when it cannot be told; any other value is itself."""
    if not isinstance(value, str) or not value.startswith("="):
        return value
    try:  # past the limits the check as a whole fails, so that no rule is ever skipped
        return plain(compile_expression(value[1:]).evaluate(scope, now))
    except FeelLimitError:
        raise
    except FeelError:
        return None


def faults(component: Component, value: Json, scope: Mapping[str, Json], now: datetime) -> list[str]:
    """The Thai messages for a value that already has the field's type."""
    found = list(_number_rules(component, value)) if component.type == "number" else []
    for name, rule in component.rules.items():
        if name == "required" and value:
            continue
        found += _CHECKS[name](component, rule, value, scope, now)
    return found


def _decimal(value: Json) -> Decimal | None:
    """The exact number in a value, as big.js reads it."""
    if type(value) is int:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    text = value if isinstance(value, str) else number_text(value)
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) < 400 else None


def _plainly(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number_rules(component: Component, value: Json) -> Iterator[str]:
    digits, increment = component.attributes.get("decimalDigits"), _decimal(component.attributes.get("increment"))
    if digits is None and increment is None:
        return
    found = _decimal(value) if value else None
    if found is None:
        return
    if isinstance(digits, int) and digits >= 0:
        text = _plainly(found)
        if len(text.partition(".")[2]) > digits:
            yield f"ทศนิยมได้ไม่เกิน {digits} ตำแหน่ง" if digits else "ต้องเป็นจำนวนเต็ม"
    if increment:
        with localcontext(prec=800):
            over = found % increment
            if over:
                below = found - over
                yield f"ค่าที่ใช้ได้ใกล้เคียงคือ {_plainly(below)} และ {_plainly(below + increment)}"


def _pattern(component: Component, pattern: Json, value: Json, *_: object) -> Sequence[str]:
    if not pattern or not value or isinstance(value, (list, dict)):
        return ()
    text = value if isinstance(value, str) else "true" if value is True else number_text(value)
    matched = regex.search(str(pattern), text)
    if matched is None:
        return [BROKEN_PATTERN]
    message = component.attributes["validate"].get("patternErrorMessage")
    return () if matched else [message or f"รูปแบบไม่ถูกต้อง ({pattern})"]


def _required(component: Component, rule: Json, value: Json, *_: object) -> Sequence[str]:
    if not rule:
        return ()
    missing = value is None or value in ("", []) or (component.type == "checkbox" and value is False)
    return [REQUIRED] if missing else ()


def _least(_: Component, rule: Json, value: Json, scope: Mapping[str, Json], now: datetime) -> Sequence[str]:
    return _bound(rule, value, scope, now, ("ต่ำสุด", "ต้องไม่น้อยกว่า", operator.lt))


def _most(_: Component, rule: Json, value: Json, scope: Mapping[str, Json], now: datetime) -> Sequence[str]:
    return _bound(rule, value, scope, now, ("สูงสุด", "ต้องไม่เกิน", operator.gt))


def _bound(rule: Json, value: Json, scope: Mapping[str, Json], now: datetime, words: Bound) -> Sequence[str]:
    if not value and (value is False or value != 0):
        return ()
    word, message, outside = words
    bound = computed(rule, scope, now)
    if bound is None or (type(value) is int and type(bound) is int and not outside(value, bound)):
        return ()
    limit, found = _decimal(bound), _decimal(value)
    if limit is None or found is None:
        return [f"ค่า{word}ที่กำหนดไว้ไม่ใช่ตัวเลข"]
    return [f"{message} {bound if isinstance(bound, str) else number_text(bound)}"] if outside(found, limit) else ()


def _shortest(_: Component, rule: Json, value: Json, scope: Mapping[str, Json], now: datetime) -> Sequence[str]:
    least = computed(rule, scope, now) if isinstance(value, str) and value else None
    lower = None if least is None else to_number(least)
    return [f"ต้องยาวอย่างน้อย {least} ตัวอักษร"] if lower is not None and _length(value) < lower else ()


def _longest(_: Component, rule: Json, value: Json, scope: Mapping[str, Json], now: datetime) -> Sequence[str]:
    if not isinstance(value, str) or (type(rule) is int and 2 * len(value) <= rule):
        return ()  # it fits however its characters are counted
    most = computed(rule, scope, now) if value else None
    upper = None if most is None else to_number(most)
    return [f"ต้องยาวไม่เกิน {most} ตัวอักษร"] if upper is not None and _length(value) > upper else ()


def _length(text: str) -> int:
    return len(text.strip().encode("utf-16-le", "surrogatepass")) // 2


def _kind(_: Component, wanted: Json, value: Json, *__: object) -> Sequence[str]:
    if not isinstance(value, str) or not value:
        return ()
    if wanted == "email" and (len(value) > 320 or not regex.search(EMAIL, value)):
        return [WRONG_EMAIL]
    if wanted == "phone" and (len(value) > 320 or not regex.search(PHONE, value)):
        return [WRONG_PHONE]
    return ()


_CHECKS: dict[str, Callable[[Component, Json, Json, Mapping[str, Json], datetime], Sequence[str]]] = {
    "pattern": _pattern,
    "required": _required,
    "min": _least,
    "max": _most,
    "minLength": _shortest,
    "maxLength": _longest,
    "validationType": _kind,
}
