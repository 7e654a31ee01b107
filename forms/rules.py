"""The `validate` rules of a form-js field, in the order and with the meaning of form-js-viewer 2.0.0.

Every message is the Thai text that the browser shows for the same fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation, localcontext

from forms.components import Component, Json
from forms.feel import FeelError, FeelLimitError, compile_expression, plain, regex
from forms.feel.values import number_text, to_number

REQUIRED = "จำเป็นต้องกรอก"
WRONG_PHONE = "เบอร์โทรต้องขึ้นต้นด้วยรหัสประเทศ เช่น +66812345678"
WRONG_EMAIL = "อีเมลไม่ถูกต้อง"
BROKEN_PATTERN = "รูปแบบที่กำหนดไว้ใช้ไม่ได้"
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
    rules = component.rules
    found = list(_number_rules(component, value)) if component.type == "number" else []
    if not rules:
        return found
    if "pattern" in rules:
        found += _pattern(rules, value)
    if rules.get("required") and _missing(component, value):
        found.append(REQUIRED)
    if "min" in rules or "max" in rules:
        found += _bounds(rules, value, scope, now)
    if "minLength" in rules or "maxLength" in rules:
        found += _lengths(rules, value, scope, now)
    if "validationType" in rules:
        found += _kind(rules["validationType"], value)
    return found


def _missing(component: Component, value: Json) -> bool:
    return value is None or value in ("", []) or (component.type == "checkbox" and value is False)


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


def _pattern(rules: Mapping[str, Json], value: Json) -> list[str]:
    pattern = rules.get("pattern")
    if not pattern or not value or isinstance(value, (list, dict)):
        return []
    text = value if isinstance(value, str) else "true" if value is True else number_text(value)
    matched = regex.search(str(pattern), text)
    if matched is None:
        return [BROKEN_PATTERN]
    return [] if matched else [rules.get("patternErrorMessage") or f"รูปแบบไม่ถูกต้อง ({pattern})"]


def _bounds(rules: Mapping[str, Json], value: Json, scope: Mapping[str, Json], now: datetime) -> Iterator[str]:
    if not value and (value is False or value != 0):
        return
    for name, word, message in (("min", "ต่ำสุด", "ต้องไม่น้อยกว่า"), ("max", "สูงสุด", "ต้องไม่เกิน")):
        bound = computed(rules.get(name), scope, now)
        if bound is None or _plain_within(name, value, bound):
            continue
        limit, found = _decimal(bound), _decimal(value)
        if limit is None or found is None:
            yield f"ค่า{word}ที่กำหนดไว้ไม่ใช่ตัวเลข"
        elif (found < limit) if name == "min" else (found > limit):
            yield f"{message} {bound if isinstance(bound, str) else number_text(bound)}"


def _plain_within(name: str, value: Json, bound: Json) -> bool:
    return type(value) is int and type(bound) is int and (value >= bound if name == "min" else value <= bound)


def _lengths(rules: Mapping[str, Json], value: Json, scope: Mapping[str, Json], now: datetime) -> Iterator[str]:
    if not isinstance(value, str) or not value or _surely_short(rules, value):
        return
    length = len(value.strip().encode("utf-16-le", "surrogatepass")) // 2
    least = computed(rules.get("minLength"), scope, now)
    most = computed(rules.get("maxLength"), scope, now)
    lower, upper = to_number(least), to_number(most)
    if least is not None and lower is not None and length < lower:
        yield f"ต้องยาวอย่างน้อย {least} ตัวอักษร"
    if most is not None and upper is not None and length > upper:
        yield f"ต้องยาวไม่เกิน {most} ตัวอักษร"


def _surely_short(rules: Mapping[str, Json], value: str) -> bool:
    """Whether it fits however its characters are counted, and nothing asks for more."""
    most = rules.get("maxLength")
    return type(most) is int and 2 * len(value) <= most and "minLength" not in rules


def _kind(wanted: Json, value: Json) -> list[str]:
    if not isinstance(value, str) or not value:
        return []
    if wanted == "email" and (len(value) > 320 or not regex.search(EMAIL, value)):
        return [WRONG_EMAIL]
    if wanted == "phone" and (len(value) > 320 or not regex.search(PHONE, value)):
        return [WRONG_PHONE]
    return []
