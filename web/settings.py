"""Settings from the environment: PRASAN_*, DATABASE_URL, DATA_DIR, PORT.

Without PRASAN_SECRET this is a demonstration: it makes its own secret and shows its
accounts on the login page. Production does not start on a missing or weak secret.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import ClassVar

from click import ClickException

from engine.errors import PrasanError

SHORTEST_SECRET = 32
FEWEST_CHARACTERS = 10
SMTP_SCHEMES = ("smtp://", "smtps://")


class SettingsRefused(PrasanError, ClickException):
    """Prasan does not start: {reason}."""

    title: ClassVar[str] = "ค่าที่ตั้งไว้ใช้ไม่ได้"


@dataclass(frozen=True)
class Settings:
    """What the machine decides. `smtp` and `mail_from` are empty where no mail leaves the house."""

    demo: bool
    secret: str
    database_url: str
    data_dir: Path
    https: bool
    proxies: int
    host: str
    port: int
    processes: int
    smtp: str
    mail_from: str
    days_off: tuple[date, ...]
    two_person_publish: bool
    handler_seconds: int

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Settings:
        """Settings from variables; raises `SettingsRefused`."""
        folder = Path(given.get("DATA_DIR") or "var")
        demo = _flag(given, "PRASAN_DEMO", default=not given.get("PRASAN_SECRET"))
        return cls(
            demo=demo,
            secret=_secret(given.get("PRASAN_SECRET", ""), folder, demo=demo),
            database_url=given.get("DATABASE_URL") or f"sqlite:///{folder / 'prasan.db'}",
            data_dir=folder,
            https=_flag(given, "PRASAN_HTTPS", default=not demo),
            proxies=_number(given, "PRASAN_PROXIES", 0),
            host=given.get("PRASAN_HOST") or "127.0.0.1",
            port=_number(given, "PORT", 8000),
            processes=_number(given, "PRASAN_PROCESSES", 1) or 1,
            smtp=_smtp(given.get("PRASAN_SMTP_URL", "")),
            mail_from=given.get("PRASAN_MAIL_FROM") or "prasan@localhost",
            days_off=_days(given.get("PRASAN_DAYS_OFF", "")),
            two_person_publish=_flag(given, "PRASAN_TWO_PERSON_PUBLISH", default=False),
            handler_seconds=_number(given, "PRASAN_HANDLER_SECONDS", 30),
        )


def _flag(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = given.get(name) or ("1" if default else "0")
    if value not in ("0", "1"):
        raise SettingsRefused(reason=f"{name} must be 0 or 1")
    return value == "1"


def _number(given: Mapping[str, str], name: str, default: int) -> int:
    value = given.get(name) or str(default)
    if not (value.isascii() and value.isdecimal() and int(value) < 65_536):
        raise SettingsRefused(reason=f"{name} must be a number")
    return int(value)


def _smtp(url: str) -> str:
    if url and not url.startswith(SMTP_SCHEMES):
        raise SettingsRefused(reason="PRASAN_SMTP_URL must begin with smtp:// or smtps://")
    return url


def _days(text: str) -> tuple[date, ...]:
    try:
        return tuple(date.fromisoformat(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise SettingsRefused(reason="PRASAN_DAYS_OFF must hold days as YYYY-MM-DD, separated by commas") from None


def _secret(given: str, folder: Path, *, demo: bool) -> str:
    if given and (len(given) < SHORTEST_SECRET or len(set(given)) < FEWEST_CHARACTERS):
        raise SettingsRefused(reason=f"PRASAN_SECRET is weak, use at least {SHORTEST_SECRET} random characters")
    if not given and not demo:
        raise SettingsRefused(reason="PRASAN_SECRET is missing")
    return given or _kept_secret(folder / "secret")


def _kept_secret(file: Path) -> str:
    """The demonstration's own secret, made once and readable by its owner only; it is never there in part."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "w") as new:
            new.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # another process was faster
            os.link(name, file)
        Path(name).unlink()
    return file.read_text()
