"""falcosidekick-ui: ``{"event": <payload>, "outputs": […]}``."""

from __future__ import annotations

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin


class FalcosidekickUi:
    """Exactly the keys event and outputs, and an object as event."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The event."""
        if not isinstance(record, dict) or set(record) != {"event", "outputs"} or not isinstance(record["event"], dict):
            return None
        return [Piece(record["event"], origin.inside("falcosidekick_ui"))]


WRAPPER = FalcosidekickUi()
