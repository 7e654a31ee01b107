"""Acts in a process of their own that is killed with SIGKILL at a named point, as a power cut would.

The process is a real one, forked from the test: it opens its own connections, and what it
leaves behind is what the operating system and the database keep, nothing else.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from engine.context import Context, Engine
from engine.database import Database
from engine.database.ahead import driver_of
from engine.library import Library
from tests.conftest import Office
from tests.statements import each_statement

BEFORE, AFTER = "before the commit", "after the commit"
Act = Callable[[Context], Any]


class Doomed(Database):
    """A database whose process dies at a point of its `nth` write transaction: `BEFORE`, `AFTER`, or a statement."""

    def __init__(self, url: str, point: str | int, nth: int = 1) -> None:
        super().__init__(url)
        self._point, self._left = point, nth

    @contextmanager
    def write(self) -> Iterator[Connection]:
        point = self._next()
        with super().write() as db:
            with _dying_after(db, point):
                yield db
            if point == BEFORE:
                die()
        if point == AFTER:
            die()

    def _ahead(self, act: Callable[[Connection], Any]) -> Any:
        point = self._next()

        def doomed(db: Connection) -> Any:
            with _dying_after(db, point):
                result = act(db)
            if point == BEFORE:
                if driver_of(db).ahead:
                    driver_of(db).ahead.catch_up()  # all is written, nothing committed
                die()
            return result

        result = super()._ahead(doomed)
        if point == AFTER:
            die()
        return result

    def _next(self) -> str | int | None:
        self._left -= 1
        return self._point if self._left == 0 else None


def die() -> None:
    """The end, without a word to anybody."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _dying_after(db: Connection, statements: str | int | None) -> Iterator[None]:
    if not isinstance(statements, int):
        yield
        return
    left = [statements]

    def count(asked: Connection, _: str) -> None:
        left[0] -= asked is db
        if left[0] < 0:  # so many have been done
            die()

    with each_statement(db.engine, count):
        yield
    if left[0] <= 0:
        die()


def in_process(office: Office, act: Callable[[Engine, Database], Any], point: str | int, nth: int = 1) -> bool:
    """Run `act` in a process that dies at the point; True when it was killed, False when it came to its end.

    The process knows nothing but the database: parsed definitions are read again.
    """
    url = office.database.url.render_as_string(hide_password=False)
    office.database.close()  # no connection is shared with the other process
    process = os.fork()
    if process == 0:
        _run_and_leave(lambda: act(replace(office.engine, library=Library()), Doomed(url, point, nth)))
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the process failed, see its standard error"
    return False


def command(act: Act) -> Callable[[Engine, Database], Any]:
    """A command as a request would run it, in one transaction."""

    def run(engine: Engine, database: Database) -> None:
        database.command(lambda db: act(engine.context(db)))

    return run


def _run_and_leave(act: Callable[[], Any]) -> None:
    code = 1
    try:
        act()
        code = 0
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)
