"""``docker compose logs``: ``falco-1  | <text>``, with a time when asked for."""

from __future__ import annotations

import re

from explainer.ingest.formats import Piece, Record
from explainer.ingest.origin import Origin

_LINE = re.compile(r"(?P<name>[\w.-]{1,128}) +\| ?(?:(?P<time>\d{4}-\d\d-\d\dT\S+Z) +)?(?P<rest>.*)", re.DOTALL)


class DockerCompose:
    """A container's name, blanks, a bar."""

    def unwrap(self, record: Record, origin: Origin) -> list[Piece] | None:
        """The line without its prefix."""
        match = _LINE.fullmatch(record) if isinstance(record, str) else None
        if match is None:
            return None
        return [
            Piece(match["rest"], origin.inside("docker_compose", time=match["time"], extras={"service": match["name"]}))
        ]


WRAPPER = DockerCompose()
