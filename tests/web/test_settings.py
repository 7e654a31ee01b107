"""Settings: a demonstration helps itself, production does not start on a weak secret."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from web.settings import Settings, SettingsRefused

STRONG = "0123456789abcdefghijklmnopqrstuvwxyz"


def test_a_demonstration_makes_its_own_secret_and_keeps_it(tmp_path: Path) -> None:
    first = Settings.read({"DATA_DIR": str(tmp_path / "new")})
    assert first.demo
    assert len(first.secret) >= 64
    assert (tmp_path / "new" / "secret").stat().st_mode & 0o777 == 0o600
    assert Settings.read({"DATA_DIR": str(tmp_path / "new")}).secret == first.secret
    assert first.database_url == f"sqlite:///{tmp_path / 'new' / 'prasan.db'}"


def test_processes_that_start_together_have_one_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one asks while the first is still at it."""
    others: list[str] = []
    make = secrets.token_urlsafe

    def makes(size: int) -> str:
        monkeypatch.setattr(secrets, "token_urlsafe", make)
        others.append(Settings.read({"DATA_DIR": str(tmp_path)}).secret)
        return make(size)

    monkeypatch.setattr(secrets, "token_urlsafe", makes)
    assert [Settings.read({"DATA_DIR": str(tmp_path)}).secret] == others
    assert len(others[0]) >= 64
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_with_a_secret_it_is_production(tmp_path: Path) -> None:
    settings = Settings.read({"PRASAN_SECRET": STRONG, "DATA_DIR": str(tmp_path)})
    assert not settings.demo
    assert settings.https
    assert not (tmp_path / "secret").exists()


@pytest.mark.parametrize(
    "given",
    [
        {"PRASAN_DEMO": "0"},
        {"PRASAN_SECRET": "short"},
        {"PRASAN_SECRET": "a" * 40},
        {"PRASAN_SECRET": STRONG, "PORT": "x"},
        {"PRASAN_SECRET": STRONG, "PRASAN_HTTPS": "yes"},
        {"PRASAN_SECRET": STRONG, "PRASAN_DAYS_OFF": "1 May"},
        {"PRASAN_SECRET": STRONG, "PRASAN_SMTP_URL": "mail.example"},
        {"PRASAN_DEMO": "1", "PRASAN_SECRET": "weak"},
    ],
)
def test_wrong_settings_are_refused_in_one_sentence(given: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        Settings.read({"DATA_DIR": str(tmp_path), **given})
    assert refusal.value.format_message().startswith("Prasan does not start: ")
