"""Attachments of a case: content-addressed files under the data folder, rows in the database.

A file is stored under its own SHA-256, never under the name somebody gave it, and is
only ever served as a download. What it is, is read from its first bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Row, bindparam, insert, select

from engine.audit import Tag
from engine.case import lock, store_head
from engine.context import Context
from engine.errors import DocumentRefused, NotFound
from engine.people import Person
from engine.tables import documents
from engine.tables.base import new_id

MAX_BYTES = 20 * 1024 * 1024
CLASSES = {"": "ไม่ระบุ", "open": "เปิดเผยได้", "internal": "ใช้ภายใน", "secret": "ลับ"}
_ZIP = {"docx", "xlsx", "pptx", "odt", "ods", "zip"}
_MAGIC = {
    "pdf": b"%PDF-",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    **dict.fromkeys(_ZIP, b"PK\x03\x04"),
}
_TEXT = {"txt", "csv"}
TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "txt": "text/plain",
    "csv": "text/csv",
}


def add(
    ctx: Context,
    case_id: str,
    person: Person,
    name: str,
    stream: IO[bytes],
    element: str | None = None,
    classification: str = "",
) -> str:
    """Store a file with a running case; returns its id, raises `DocumentRefused`."""
    content = stream.read(MAX_BYTES + 1)
    safe, kind = _safe_name(name), Path(name).suffix.lower().lstrip(".")
    _refuse_unfit(content, kind)
    digest = _keep(ctx.engine.files, content)
    case = lock(ctx, case_id)
    key = new_id()
    ctx.db.execute(
        insert(documents),
        {
            "id": key,
            "case_id": case_id,
            "name": safe,
            "type": TYPES.get(kind, "application/octet-stream"),
            "size": len(content),
            "sha256": digest,
            "element": element,
            "by": person.username,
            "at": ctx.now,
            "classification": classification if classification in CLASSES else "",
        },
    )
    case.log(ctx, Tag.DOCUMENT_ADD, person.username, {"document": key, "sha256": digest, "size": len(content)}, element)
    store_head(ctx, case)
    return key


_OF_CASE = select(documents).where(documents.c.case_id == bindparam("case")).order_by(documents.c.at)


def of_case(ctx: Context, case_id: str) -> list[Row[Any]]:
    """A case's documents, oldest first."""
    return list(ctx.db.execute(_OF_CASE, {"case": case_id}))


def find(ctx: Context, key: str) -> tuple[Row[Any], Path]:
    """A document and where its bytes lie; raises `NotFound`."""
    row = ctx.db.execute(select(documents).where(documents.c.id == key)).one_or_none()
    if row is None:
        raise NotFound(what="document", key=key)
    return row, _place(ctx.engine.files, row.sha256)


def _refuse_unfit(content: bytes, kind: str) -> None:
    if not content:
        raise DocumentRefused(reason="it is empty", reason_th="ไฟล์ว่างเปล่า")
    if len(content) > MAX_BYTES:
        raise DocumentRefused(reason="it is larger than 20 MB", reason_th="ไฟล์มีขนาดเกิน 20 MB")
    fits = content.startswith(_MAGIC[kind]) if kind in _MAGIC else kind in _TEXT and b"\0" not in content
    if not fits:
        allowed = ", ".join(sorted({*_MAGIC, *_TEXT}))
        raise DocumentRefused(reason=f"only {allowed}", reason_th=f"รับเฉพาะไฟล์ที่ถูกต้องชนิด {allowed}")


def _safe_name(name: str) -> str:
    """The bare file name without control characters, 200 characters at most."""
    base = re.split(r"[\\/]", name)[-1]
    clean = "".join(c for c in base if c.isprintable()).strip(" .")
    return clean[-200:] or "file"


def _keep(folder: Path, content: bytes) -> str:
    """Write the bytes once, whole or not at all; they and their names are on the disk before the row that says so."""
    digest = hashlib.sha256(content).hexdigest()
    place = _place(folder, digest)
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=place.parent, delete=False) as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        Path(part.name).replace(place)
    for named_in in (place.parent, folder):
        _sync(named_in)
    return digest


def _sync(folder: Path) -> None:
    """Have the disk know the names in a folder; without it the machine may forget a file that it had written."""
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _place(folder: Path, digest: str) -> Path:
    return folder / digest[:2] / digest
