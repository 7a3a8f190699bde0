"""falcosidekick's payload: Falco's JSON with a ``uuid`` that falcosidekick draws for every receipt."""

from __future__ import annotations

from explainer.ingest import falco_json
from explainer.ingest.formats import Record
from explainer.ingest.origin import Origin
from explainer.schema.alert import Alert


class Falcosidekick:
    """Recognised by the ``uuid``: Falco itself writes none."""

    def recognises(self, record: Record) -> bool:
        """Falco's JSON with a ``uuid``."""
        return isinstance(record, dict) and isinstance(record.get("uuid"), str) and falco_json.is_falco(record)

    def alerts(self, record: Record, origin: Origin, raw: str) -> list[Alert]:
        """The one alert of the record."""
        return [falco_json.read(record, origin, raw, "falcosidekick")] if isinstance(record, dict) else []


FORMAT = Falcosidekick()
