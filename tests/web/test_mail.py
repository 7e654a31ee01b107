"""Outgoing mail: whole, recognisable, and nothing injected."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from web.mail import MailServer, compose

SENDER = "prasan@nha.example"


def message(**changed: str) -> Any:
    values = {
        "id": "a" * 32,
        "recipient": "ฝ่ายกฎหมาย",
        "email": "legal@nha.example",
        "subject": "เพื่อทราบ: ขั้นตอนแรก",
        "body": "เรื่องเลขที่ 6.1-2570-0001\nจึงแจ้งมาเพื่อโปรดทราบ",
    }
    return SimpleNamespace(**{**values, **changed})


class Box:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.arrived: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.arrived.append(envelope)
        return "250 kept"


@pytest.fixture
def box() -> Iterator[tuple[Box, str]]:
    """A mail server on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kept = Box()
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    yield kept, f"smtp://127.0.0.1:{port}"
    server.stop()


def test_a_message_arrives_with_its_own_id(box: tuple[Box, str]) -> None:
    kept, url = box
    MailServer(url, SENDER).send(message())
    (arrived,) = kept.arrived
    assert arrived.rcpt_tos == ["legal@nha.example"]
    assert f"Message-ID: <{'a' * 32}@nha.example>".encode() in arrived.content


@pytest.mark.parametrize("field", ["subject", "recipient"])
def test_a_line_break_never_becomes_a_header(field: str) -> None:
    written = compose(message(**{field: "เรื่อง\r\nBcc: evil@example.org\n\nข้อความ"}), SENDER)
    assert written["Bcc"] is None
    assert b"\nBcc:" not in written.as_bytes()


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: evil@example.org", "a@b.example, c@d.example", "no address", ""]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        compose(message(email=address), SENDER)


def test_a_server_that_is_away_raises() -> None:
    with pytest.raises(OSError, match="refused"):
        MailServer("smtp://127.0.0.1:1", SENDER).send(message())
