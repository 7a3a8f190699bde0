"""Elasticsearch, OpenSearch and Zincsearch: a hit, a search answer, and the action lines of a bulk body."""

from __future__ import annotations

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin

_ACTIONS = frozenset({"index", "create", "update", "delete"})


class Elasticsearch:
    """``_source`` (+ ``_index``), ``hits.hits``, or a bulk action on its own."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The documents; a bulk action line holds none, its document is the next line."""
        if not isinstance(record, dict):
            return None
        inner = origin.inside("elasticsearch")
        if isinstance(record.get("_source"), dict):
            return [Piece(record["_source"], inner)]
        hits = record.get("hits")
        if isinstance(hits, dict) and isinstance(hits.get("hits"), list):
            return [
                Piece(hit["_source"], inner)
                for hit in hits["hits"]
                if isinstance(hit, dict) and isinstance(hit.get("_source"), dict)
            ]
        if len(record) == 1:
            action, target = next(iter(record.items()))
            if (
                action in _ACTIONS
                and isinstance(target, dict)
                and set(target) <= {"_index", "_id", "_type", "routing", "require_alias"}
            ):
                return []
        return None


WRAPPER = Elasticsearch()
