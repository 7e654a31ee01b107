"""F-19: databases of every schema that was released come to the newest one, and their cases go on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, text

from engine.database import MIGRATIONS
from engine.invariants import check
from engine.replay import BEGIN, Stage
from engine.tables import metadata
from tests.conftest import DATABASES, Office

RELEASED = Path(__file__).parent / "released"
VERSIONS = sorted(file.stem for file in RELEASED.glob("*.json"))


def revisions() -> list[str]:
    """Every schema there ever was, the first one first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()][::-1]


@pytest.fixture(params=DATABASES)
def stage(request: pytest.FixtureRequest) -> Stage:
    """Where databases are made."""
    made: Stage = request.getfixturevalue(DATABASES[request.param])
    return made


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, stage: Stage, answers: Mapping[str, Any]) -> Iterator[Office]:
    """A database as a release left it, two cases of 6.4 in it: one at the memorandum, one whose handler has failed."""
    name = f"released-{request.param}"
    if cluster := getattr(stage, "cluster", None):
        cluster.create(name)
    database, engine = stage.open(name, BEGIN)
    database.migrate(request.param)
    rows: dict[str, list[dict[str, Any]]] = json.loads((RELEASED / f"{request.param}.json").read_text("utf-8"))
    with database.write() as db:
        for table, found in rows.items():
            for row in found:
                _insert(db, table, row)
    yield Office(database, engine, answers)
    database.close()
    stage.remove(name)


def _insert(db: Any, table: str, row: Mapping[str, Any]) -> None:
    """One row as its text; a file is kept as the text that it is."""
    sign = "?" if db.dialect.name == "sqlite" else "%s"
    values = tuple(value["bytes"].encode() if isinstance(value, dict) else value for value in row.values())
    columns, signs = ", ".join(f'"{name}"' for name in row), ", ".join([sign] * len(row))
    db.exec_driver_sql(f'INSERT INTO "{table}" ({columns}) VALUES ({signs})', values)  # noqa: S608 - of this folder


def test_every_release_has_its_database_here() -> None:
    assert revisions()[:-1] == VERSIONS


def test_an_old_database_comes_to_the_newest_schema_and_its_cases_go_on(old: Office) -> None:
    before = _counts(old)
    old.database.migrate()
    assert old.database.revision() == revisions()[-1]
    assert _counts(old) == before
    assert _problems(old) == []
    assert all(row.candidates for row in old.query("SELECT candidates FROM tasks WHERE status = 'open'"))
    failed, waiting = (row.id for row in old.query("SELECT id FROM cases ORDER BY number"))
    assert old.tick(minutes=10) == 1
    for case in (failed, waiting):
        old.do(case, "S1_memo", "it")
        assert [task.element for task in old.open(case)] == ["S1_endorse"]
    old.start("link_termination", "it")
    assert _problems(old) == []


def test_programs_of_a_release_go_on_while_the_schema_is_newer(old: Office) -> None:
    """Web processes are replaced one by one: a migration adds, it takes nothing away that a release reads or writes."""
    with old.database.read() as db:
        columns = {name: {c["name"] for c in inspect(db).get_columns(name)} for name in metadata.tables}
    old.database.migrate()
    with old.database.read() as db:
        now = MetaData()
        now.reflect(db)
    for table, names in columns.items():
        assert names <= set(now.tables[table].columns.keys())
        added = [column for column in now.tables[table].columns if column.name not in names]
        assert all(column.nullable or column.server_default is not None for column in added)


def _counts(office: Office) -> dict[str, int]:
    with office.database.read() as db:
        return {name: db.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in metadata.tables}  # noqa: S608


def _problems(office: Office) -> list[str]:
    with office.database.read() as db:
        return check(office.context(db))
