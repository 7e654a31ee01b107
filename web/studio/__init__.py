"""The process owners' studio: versions, what changed, checking, trying out, where cases wait, RACI, setup.

For operators and members of the group of process owners; everybody else gets 403.
"""

from __future__ import annotations

from web.studio import checking, raci, setup, trial, versions
from web.studio.access import pages

__all__ = ["checking", "pages", "raci", "setup", "trial", "versions"]
