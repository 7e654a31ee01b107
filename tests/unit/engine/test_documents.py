"""Files of a case are on the disk, with their names, before a row speaks of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine import documents


def test_a_file_and_the_folders_that_name_it_reach_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Path] = []
    real = os.fsync

    def noted(held: int) -> None:
        real(held)
        written.append(Path(f"/proc/self/fd/{held}").resolve())

    monkeypatch.setattr(os, "fsync", noted)
    digest = documents._keep(tmp_path, b"letter")
    place = documents._place(tmp_path, digest)
    assert place.read_bytes() == b"letter"
    bytes_first, *names = written
    assert bytes_first.parent == place.parent
    assert names == [place.parent, tmp_path]
    assert list(place.parent.iterdir()) == [place]


def test_who_brings_the_same_file_waits_for_its_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other may have named it and not yet told the disk."""
    documents._keep(tmp_path, b"letter")
    synced: list[Path] = []
    monkeypatch.setattr(documents, "_sync", synced.append)
    digest = documents._keep(tmp_path, b"letter")
    assert synced == [documents._place(tmp_path, digest).parent, tmp_path]
