"""Runs one system as a program of its own and reads its result."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1]
LIMIT_SECONDS = 300


class SystemFailed(RuntimeError):
    """A measured system ended with an error."""


def run(module: str, plan: dict[str, Any]) -> dict[str, Any]:
    """The result of a program of this package."""
    return execute([sys.executable, "-m", f"benchmarks.{module}"], plan)


def execute(command: list[str], plan: dict[str, Any]) -> dict[str, Any]:
    """The result of any program that speaks meter's protocol; raises `SystemFailed`."""
    asked = [*command, json.dumps(plan)]
    try:
        done = subprocess.run(  # noqa: S603 - our own programs
            asked, cwd=FOLDER, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SystemFailed(f"{command[-1]}: {type(error).__name__}") from error
    if done.returncode:
        raise SystemFailed(f"{command[-1]}: {done.stderr.strip()[-600:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
