"""What viewflow keeps per case: its own process row, with the answers in its JSON field."""

from __future__ import annotations

from viewflow.workflow.models import Process


class Filed(Process):  # type: ignore[misc]
    """A case."""

    class Meta:
        """viewflow's own table; the answers live in `data`."""

        proxy = True
