"""The web layer: thin routes over the engine's commands and views, Thai pages, the command line."""

from __future__ import annotations
