"""F-06: no space is left. What cannot be written is refused with 503, what was written stays, and space heals it.

In continuous integration the databases are told that they are full: SQLite by a limit of pages, which is its own
error at its own place, PostgreSQL by a trigger that raises the code of a full disk. The large set fills real disks,
for which it must be root.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from engine import jobs
from engine.database import Database
from engine.errors import Unavailable
from tests.conftest import Office
from tests.faults.scenes import LARGE, LINK, count, problems, times, with_due_job
from tests.web.conftest import Actor

MOST_STARTS = 300
RAISE_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk();
"""
HEAL = "DROP FUNCTION full_disk() CASCADE"


@contextmanager
def told_full(office: Office, more: int) -> Iterator[None]:
    """SQLite may grow by so many pages; PostgreSQL finds no space in one table or another."""
    if office.database.sqlite:
        pages = office.query("PRAGMA page_count")[0][0]

        def limit(connection: Any, _record: Any) -> None:
            connection.execute(f"PRAGMA max_page_count = {pages + more}")

        office.database.close()
        event.listen(office.database.engine, "connect", limit)
        yield
        event.remove(office.database.engine, "connect", limit)
        office.database.close()
        return
    _run(office, RAISE_FULL.format(table=("audit", "tasks", "cases", "candidates")[more % 4]))
    yield
    _run(office, HEAL)


def _run(office: Office, script: str) -> None:
    with office.database.write() as db:
        db.exec_driver_sql(script)


def is_sound(office: Office) -> bool:
    """The file itself is whole; PostgreSQL checks its pages when it reads them."""
    return not office.database.sqlite or office.query("PRAGMA integrity_check")[0][0] == "ok"


@pytest.mark.parametrize("more", range(times(4, 40)))
def test_a_full_disk_is_a_calm_page_and_nothing_is_lost(
    office: Office, login: Callable[[str], Actor], more: int
) -> None:
    it = login("it")
    it.starts("link_termination")
    due = with_due_job(office)
    token, before = it.csrf(), count(office, "SELECT count(*) FROM cases")

    def starts() -> int:
        return it.client.post("/start/link_termination", data={"csrf_token": token}).status_code

    with told_full(office, more):
        answers = [starts()]
        while answers[-1] == 303 and len(answers) < MOST_STARTS:
            answers.append(starts())
        assert answers == [303] * (len(answers) - 1) + [503]
        page = it.client.post("/start/link_termination", data={"csrf_token": token})
        assert page.status_code == 503
        assert "ข้อมูลเดิมยังอยู่ครบ" in page.text
        assert it.opens("/").status_code == it.opens("/cases").status_code == 200
        assert it.completes("S1", **LINK).status_code in (200, 503)
        with suppress(Unavailable):
            jobs.run_due(office.engine, office.database)
    assert is_sound(office)
    office.tick(minutes=6)
    assert [row.element for row in office.open(due)] == ["S1_memo"]
    assert problems(office) == []
    assert count(office, "SELECT count(*) FROM cases") == before + len(answers) - 1
    assert starts() == 303


# --- real disks -----------------------------------------------------------------------------------


@contextmanager
def own_disk(office: Office) -> Iterator[Path]:
    """The database on a small disk of its own; yields the file that fills it."""
    folder = Path(str(office.database.url.query.get("host", office.engine.files.parent))) / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=777", "tmpfs", folder], check=True)
    home = office.database
    home.close()
    try:
        if home.sqlite:
            for part in office.engine.files.parent.glob(f"{Path(home.url.database or '').name}*"):
                shutil.copy(part, folder)
            office.database = Database(f"sqlite:///{folder / Path(home.url.database or '').name}")
        else:
            inside = folder / "space"
            inside.mkdir()
            shutil.chown(inside, "postgres")
            _administer(home, f"CREATE TABLESPACE small LOCATION '{inside}'")
            _administer(home, f'ALTER DATABASE "{home.url.database}" SET TABLESPACE small')
        yield folder / "filler"
    finally:
        office.database.close()
        if not home.sqlite:
            _administer(home, f'ALTER DATABASE "{home.url.database}" SET TABLESPACE pg_default')
            _administer(home, "DROP TABLESPACE small")
        subprocess.run(["umount", folder], check=True)
        folder.rmdir()
        office.database = home


def _administer(home: Database, statement: str) -> None:
    address = home.url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())


def fill(filler: Path) -> None:
    """Write until nothing more goes on the disk."""
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)


def starts_until_refused(office: Office) -> int:
    """How many cases could be opened."""
    for opened in range(MOST_STARTS):
        try:
            office.start("link_termination", "it")
        except Unavailable:
            return opened
    return MOST_STARTS


if LARGE:

    def test_a_disk_that_is_really_full(office: Office) -> None:
        case = with_due_job(office)
        with own_disk(office) as filler:
            for _ in range(3):
                before = count(office, "SELECT count(*) FROM cases")
                fill(filler)
                opened = starts_until_refused(office)
                assert opened < MOST_STARTS
                with suppress(Unavailable):
                    jobs.run_due(office.engine, office.database)
                assert count(office, "SELECT count(*) FROM cases") == before + opened
                filler.unlink()
                assert is_sound(office)
                office.start("link_termination", "it")
                assert problems(office) == []
            office.tick(minutes=6)
            assert [row.element for row in office.open(case)] == ["S1_memo"]
