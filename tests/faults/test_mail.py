"""F-07: mail servers that refuse, hang or die. People notice nothing, and nobody gets a message twice without need."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import update

from engine import jobs
from engine.jobs import SEND_BACK_OFF
from engine.tables import groups
from tests.conftest import Office
from tests.faults.scenes import LINK, asked_units, count, problems
from tests.web.conftest import Actor, House
from web.mail import MailServer

SENDER = "prasan@nha.example"
SHORT_SECONDS, LONG_SECONDS = 0.2, 60.0
SENT = "SELECT count(*) FROM messages WHERE status = 'sent'"


class Sound:
    """Takes every message; `arrived` holds the Message-ID of each."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.met = threading.Event()

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, *_: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        self.met.set()
        return "250 good day"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.arrived.append(str(message_from_bytes(envelope.content)["Message-ID"]))
        return "250 kept"


class TryLater(Sound):
    async def handle_RCPT(self, *_: Any) -> str:  # noqa: N802
        return "451 4.3.0 later"


class Never(Sound):
    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802
        return "554 5.7.1 never"


class Hanging(Sound):
    async def handle_MAIL(self, *_: Any) -> str:  # noqa: N802
        self.met.set()
        await asyncio.Event().wait()
        return "250 too late"


class DiesAfterData(Sound):
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        await super().handle_DATA(server, session, envelope)
        server.transport.abort()
        return "250 nobody hears this"


class HangsAtGoodbye(Sound):
    async def handle_QUIT(self, *_: Any) -> str:  # noqa: N802
        await asyncio.Event().wait()
        return "221 bye"


@contextmanager
def served(by: Sound, timeout: float = SHORT_SECONDS) -> Iterator[MailServer]:
    """A mail server on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(by, hostname="127.0.0.1", port=port)
    controller.start()
    yield MailServer(f"smtp://127.0.0.1:{port}", SENDER, timeout)
    controller.stop()


@contextmanager
def refusing() -> Iterator[MailServer]:
    """A port at which nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield MailServer(f"smtp://127.0.0.1:{reserved.getsockname()[1]}", SENDER, SHORT_SECONDS)


@contextmanager
def silent() -> Iterator[MailServer]:
    """A server that lets everybody in and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield MailServer(f"smtp://127.0.0.1:{listening.getsockname()[1]}", SENDER, SHORT_SECONDS)


def notice(office: Office) -> str:
    """A case whose start tells one group by mail."""
    office.engine = replace(office.engine, mail=True)
    with office.database.write() as db:
        db.execute(update(groups).where(groups.c.id == "finance").values(email="finance@example.org"))
    return asked_units(office)


@pytest.mark.parametrize(
    "fault",
    [refusing, silent, *(lambda kind=kind: served(kind()) for kind in (TryLater, Never, Hanging))],
    ids=["refused", "silent", "4xx", "5xx", "hangs"],
)
def test_a_mail_server_that_does_not_take_it_is_tried_ever_later_and_the_message_goes_out_once(
    office: Office, fault: Callable[[], Any]
) -> None:
    notice(office)
    with fault() as server:
        assert jobs.run_due(office.engine, office.database, server.send) == 1
        for wait in SEND_BACK_OFF[:3]:
            office.clock.forward(seconds=wait.total_seconds() - 1)
            assert jobs.run_due(office.engine, office.database, server.send) == 0
            office.clock.forward(seconds=1)
            assert jobs.run_due(office.engine, office.database, server.send) == 1
    sound = Sound()
    office.clock.forward(hours=1)
    with served(sound) as server:
        assert jobs.run_due(office.engine, office.database, server.send) == 1
    assert len(sound.arrived) == count(office, SENT) == 1
    assert problems(office) == []


def test_after_all_tries_somebody_is_asked(office: Office) -> None:
    case = notice(office)
    with refusing() as server:
        for wait in (*SEND_BACK_OFF, SEND_BACK_OFF[-1] * 10):
            assert jobs.run_due(office.engine, office.database, server.send) == 1
            office.clock.forward(seconds=wait.total_seconds())
        assert jobs.run_due(office.engine, office.database, server.send) == 0
    assert office.query("SELECT status FROM messages WHERE email <> ''")[0].status == "failed"
    assert [row.case_id for row in office.query("SELECT case_id FROM incidents WHERE kind = 'send'")] == [case]
    assert sum(SEND_BACK_OFF, start=SEND_BACK_OFF[0]).days == 0
    assert problems(office) == []


def test_a_server_that_dies_after_it_took_a_message_gets_it_again_under_the_same_id(office: Office) -> None:
    """Nobody can know whether it was delivered: the only way in which a message goes out twice."""
    notice(office)
    dying, sound = DiesAfterData(), Sound()
    with served(dying) as server:
        assert jobs.run_due(office.engine, office.database, server.send) == 1
    assert count(office, SENT) == 0
    office.clock.forward(seconds=10)
    with served(sound) as server:
        assert jobs.run_due(office.engine, office.database, server.send) == 1
    assert dying.arrived == sound.arrived
    assert len(sound.arrived) == count(office, SENT) == 1
    assert problems(office) == []


def test_a_server_that_hangs_after_it_confirmed_gets_nothing_again(office: Office) -> None:
    notice(office)
    rude = HangsAtGoodbye()
    with served(rude) as server:
        assert jobs.run_due(office.engine, office.database, server.send) == 1
        office.clock.forward(days=1)
        assert jobs.run_due(office.engine, office.database, server.send) == 0
    assert len(rude.arrived) == count(office, SENT) == 1
    assert problems(office) == []


def test_people_work_while_a_mail_server_hangs(office: Office, house: House, login: Callable[[str], Actor]) -> None:
    notice(office)
    it, hanging = login("it"), Hanging()
    with served(hanging, LONG_SECONDS) as server:
        sending = threading.Thread(target=jobs.run_due, args=(office.engine, office.database, server.send))
        sending.start()
        assert hanging.met.wait(LONG_SECONDS)
        it.starts("link_termination")
        assert it.completes("S1", **LINK).status_code == 200
        assert it.opens("/").status_code == 200
        assert sending.is_alive()
    sending.join(LONG_SECONDS)
    assert not sending.is_alive()
    assert house.reads(lambda ctx: jobs.next_due(ctx.engine, office.database, mail=True)) is not None
    assert problems(office) == []
