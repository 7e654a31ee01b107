"""One posted value to one clean value: types, Thai digits, dates, sizes (form-js-viewer 2.0.0 `sanitizeValue`).

Where form-js silently blanks a wrong value the server says so: a wrong type is a fault or an attack.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from forms.components import INPUTS, MANY, ONE, Component, Json
from forms.dates import ERA, to_arabic_digits
from forms.feel.values import is_number, number, number_text

MAX_TEXT = {"textfield": 1_000, "textarea": 20_000}
MAX_NUMBER = 40
WRONG_TYPE = "ชนิดข้อมูลไม่ถูกต้อง"
WRONG_OPTION = "ตัวเลือกไม่ถูกต้อง"
WRONG_CHARACTER = "มีอักขระที่ไม่อนุญาต"
NOT_A_NUMBER = "ไม่ใช่ตัวเลข"
WRONG_DATE = "วันที่ไม่ถูกต้อง"
WRONG_TIME = "เวลาไม่ถูกต้อง"
WRONG_MOMENT = "วันเวลาไม่ถูกต้อง"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_BLANKS = re.compile(r"[\r\n\t]")


class InputError(ValueError):
    """The posted value cannot be taken; the message is the Thai sentence for the field."""


def empty(component: Component) -> Json:
    """What form-js keeps for a field nobody filled in."""
    if component.type in MAX_TEXT:
        return ""
    if component.type == "checkbox":
        return False
    return [] if component.type in MANY else None


def _text(component: Component, value: Json) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else number_text(value) if is_number(value) else None
    if text is None:
        raise InputError(WRONG_TYPE)
    if not text.isprintable():
        text = _BLANKS.sub(" ", text) if component.type == "textfield" else text
        refuse_characters(text)
    limit = MAX_TEXT["textarea" if "maxLength" in component.rules else component.type]
    if len(text) > limit:
        raise InputError(f"ต้องยาวไม่เกิน {limit:,} ตัวอักษร")
    return text


_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def refuse_characters(text: str) -> None:
    """InputError for NUL, control characters and lone surrogates; line ends and tabs are text."""
    if not text.isprintable() and _REFUSED.search(text):  # the first alone answers for most texts, and fast
        raise InputError(WRONG_CHARACTER)


def _number(component: Component, value: Json) -> Json:
    as_text = bool(component.attributes.get("serializeToString"))
    if value is None or value == "":
        return None
    if isinstance(value, str):
        text = to_arabic_digits(value.strip())
        if len(text) > MAX_NUMBER or not _NUMBER.fullmatch(text):
            raise InputError(NOT_A_NUMBER)
        if as_text:
            return text
        value = float(text) if re.search(r"[.eE]", text) else int(text)
    if not is_number(value) or (isinstance(value, int) and len(str(abs(value))) > MAX_NUMBER):
        raise InputError(NOT_A_NUMBER)
    found = number(value)
    if found is None:
        raise InputError(NOT_A_NUMBER)
    return number_text(found) if as_text else found


def _flag(_: Component, value: Json) -> bool:
    if value is not None and not isinstance(value, bool):
        raise InputError(WRONG_TYPE)
    return value is True


def _choice(_: Component | None, value: Json) -> Json:
    if value == "" or value is None:
        return None
    if isinstance(value, str):
        refuse_characters(value)
    if not isinstance(value, (str, int, float)):
        raise InputError(WRONG_OPTION)
    return value


def _choices(_: Component, value: Json) -> list[Json]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > 1_000:
        raise InputError(WRONG_TYPE)
    found: list[Json] = []
    for item in (_choice(None, item) for item in value):
        if not any(same(item, other) for other in found):
            found.append(item)
    return found


def same(left: Json, right: Json) -> bool:
    """Equality that tells true from 1, as JavaScript does."""
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _moment(component: Component, value: Json) -> str | None:
    subtype = component.attributes.get("subtype") or "date"
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InputError(WRONG_TYPE)
    if subtype == "date":
        return _date(value, WRONG_DATE)
    if subtype == "time":
        if not _CLOCK.fullmatch(value):
            raise InputError(WRONG_TIME)
        return value
    day, separator, clock = value.partition("T")
    if not separator or not _CLOCK.fullmatch(clock):
        raise InputError(WRONG_MOMENT)
    _date(day, WRONG_MOMENT)
    return value


def _date(text: str, message: str) -> str:
    """A Gregorian ISO day; a Buddhist year is refused with its Gregorian one, never guessed."""
    if not _DAY.fullmatch(text):
        raise InputError(message)
    year = int(text[:4])
    if 2400 <= year <= 2699:
        raise InputError(f"ปี {year} ดูเหมือน พ.ศ. กรุณาใช้ ค.ศ. {year - ERA}")
    if not 1900 <= year <= 2200:
        raise InputError(f"ปี {year} อยู่นอกช่วงที่รับได้ (ค.ศ. 1900-2200)")
    try:
        date.fromisoformat(text)
    except ValueError:
        raise InputError(message) from None
    return text


def _as_is(_: Component, value: Json) -> Json:
    return value


# Of every type of field: its value in the field's type, or InputError. Options are checked elsewhere.
CLEANERS: dict[str, Callable[[Component, Json], Json]] = {
    **dict.fromkeys(INPUTS, _as_is),
    **dict.fromkeys(MAX_TEXT, _text),
    "number": _number,
    "checkbox": _flag,
    "datetime": _moment,
    **dict.fromkeys(MANY, _choices),
    **dict.fromkeys(ONE, _choice),
}
