"""A private PostgreSQL server for one test session: its own data folder, socket and no network.

`Cluster` starts the machine's own PostgreSQL (installed by `.ci/need` where it is missing),
with durable writes as in production; a test's database is a copy of a prepared one.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from engine import project
from engine.database import Database
from engine.replay import Stage
from engine.topics import Topics

START_SECONDS, STOP_SECONDS = 30, 30
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_min_messages": "panic",
    "max_wal_size": "2GB",  # no checkpoint in the middle of a session
    "checkpoint_timeout": "1h",
    "deadlock_timeout": "200ms",
}


class Cluster:
    """One running server. `url(name)` leads to its databases."""

    def __init__(self) -> None:
        self._programs = Path(_need("postgresql"))
        self.folder = Path(tempfile.mkdtemp(prefix="prasan-pg-"))
        self._as = _unprivileged(self.folder)
        self._data = self.folder / "data"
        self._run("initdb", "--username=prasan", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
            file.write(f"unix_socket_directories = '{self.folder}'\n")
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers. It ends with us, even when we are killed."""
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [*self._as, "--pdeathsig=QUIT", self.program("postgres"), "-D", self._data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._server.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)

    def crash(self) -> None:
        """End every process of the server at once, as a power cut would; `start` recovers."""
        self._stop(signal.SIGQUIT)

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self._stop(signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The address of a database."""
        return f"postgresql://prasan@/{name}?host={self.folder}"

    def program(self, name: str) -> str:
        """Where one of PostgreSQL's own programs is."""
        return str(self._programs / name)

    def checkpoint(self) -> None:
        """Write everything down: a copied database's sequences survive a crash only from here on."""
        self._command("CHECKPOINT")

    def create(self, name: str, template: str = "template1") -> None:
        """A new database, a copy of `template`."""
        self._command(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self._command(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _command(self, text: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(text.encode())

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as, self.program(program), "-D", str(self._data), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(done.stderr)

    def _stop(self, how: signal.Signals) -> None:
        if self._server.poll() is None:
            self._server.send_signal(how)
        self._server.wait(STOP_SECONDS)


class PostgresStage(Stage):
    """The prepared database on PostgreSQL."""

    def __init__(self, cluster: Cluster, topics: Topics, files: Mapping[str, bytes]) -> None:
        self.cluster = cluster
        cluster.create("stage")
        super().__init__(topics, files)

    def database(self, name: str) -> Database:
        return Database(self.cluster.url(name))

    def duplicate(self, name: str, of: str = "stage") -> None:
        self.cluster.create(name, template=of)

    def remove(self, name: str) -> None:
        self.cluster.drop(name)


def _need(program: str) -> str:
    found = subprocess.run([project.FOLDER / ".ci" / "need", program], capture_output=True, text=True, check=False)
    if found.returncode:
        raise RuntimeError(found.stderr.strip())
    return found.stdout.strip()


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user that its package made."""
    if os.geteuid() != 0:
        return ["setpriv"]
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
