"""The only reader of XML: bounded, without DTDs, entities or network (OWASP ASVS 1.5.1).

Diagrams and decision tables come from outside. Size is checked before parsing, a
document type declaration is refused whole, comments and processing instructions are
dropped. Everybody else works on the element tree that `parse` returns.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TypeAlias

from lxml import etree

from engine.errors import XmlRefused

Element: TypeAlias = etree._Element

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 60_000


def parse(content: bytes) -> Element:
    """Return the root element of `content`, or raise `XmlRefused` with the line."""
    if len(content) > MAX_BYTES:
        raise XmlRefused("the file is larger than 2 MB", "ไฟล์มีขนาดเกิน 2 MB")
    if not content.strip():
        raise XmlRefused("the file is empty", "ไฟล์ว่างเปล่า")
    try:
        root = etree.fromstring(content, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        raise XmlRefused(f"this is not well-formed XML: {error}", "ไฟล์ไม่ใช่ XML ที่ถูกต้อง", line) from None
    _refuse_doctype(root)
    return root


def copy(root: Element) -> Element:
    """A deep copy, for readers that change what they read."""
    return deepcopy(root)


def drop(root: Element, *tags: str) -> None:
    """Remove every element with one of the given qualified names."""
    for element in list(root.iter(*tags)):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)


def line(element: Element) -> int:
    """The 1-based source line of an element, 0 when unknown."""
    return element.sourceline or 0


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _refuse_doctype(root: Element) -> None:
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise XmlRefused("a document type declaration is not allowed", "ไม่อนุญาตให้มี DOCTYPE ในไฟล์", 1)
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        raise XmlRefused("the file has too many elements", "ไฟล์มีองค์ประกอบมากเกินไป")
