"""Hands a message of the outbox to a mail server.

The message's id is its Message-ID, so that a repeated send is recognised. Line breaks
never reach a header.
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy import Row

from engine.jobs import Send
from web.settings import Settings

TIMEOUT_SECONDS = 10  # an exchange has at most ten parts: together shorter than the lease of a message
SMTP_PORT, SMTPS_PORT = 25, 465


@dataclass(frozen=True)
class MailServer:
    """`url` is smtp://[user:password@]host[:port] (encrypted where the server offers it) or smtps://…"""

    url: str
    sender: str
    timeout: float = TIMEOUT_SECONDS

    def send(self, message: Row[Any]) -> None:
        """Send one message; raises what smtplib raises, or ValueError for an address that is none."""
        written, parts, context = compose(message, self.sender), urlsplit(self.url), ssl.create_default_context()
        with closing(self._connect(parts, context)) as server:
            if parts.scheme == "smtp" and server.ehlo()[0] == 250 and server.has_extn("starttls"):
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(written)
            with suppress(OSError):  # the message is taken; how the server says goodbye changes nothing
                server.quit()

    def _connect(self, parts: SplitResult, context: ssl.SSLContext) -> smtplib.SMTP:
        host = parts.hostname or "localhost"
        if parts.scheme == "smtps":
            return smtplib.SMTP_SSL(host, parts.port or SMTPS_PORT, timeout=self.timeout, context=context)
        return smtplib.SMTP(host, parts.port or SMTP_PORT, timeout=self.timeout)


def sender(settings: Settings) -> Send | None:
    """How messages leave the house, None where no mail server is set."""
    return MailServer(settings.smtp, settings.mail_from).send if settings.smtp else None


def compose(message: Row[Any], sender: str) -> EmailMessage:
    """The message as mail."""
    domain = sender.rpartition("@")[2] or "localhost"
    written = EmailMessage()
    written["From"] = Address(addr_spec=sender)
    written["To"] = Address(display_name=_one_line(message.recipient), addr_spec=message.email)
    written["Subject"] = _one_line(message.subject)
    written["Message-ID"] = f"<{message.id}@{domain}>"
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(message.body)
    return written


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
