"""Where a record stood in the input, and what the things around it tell."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import JsonValue

MAX_DEPTH = 8
"""How many wrappers may stand around one alert; deeper input is reported, not followed."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Place and circumstances of one record."""

    line: int = 1
    wrappers: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    host: str | None = None
    """Host that a syslog prefix or a shipper names."""
    time: str | None = None
    """Time that a shipper put on the record: when it was logged, not when the event happened."""
    undated: str | None = None
    """Time of a syslog header that has no year."""
    near: datetime | None = None
    """A time close to which the record was written, from a dated record before it or from the caller."""
    extras: dict[str, JsonValue] = field(default_factory=dict)
    """What the wrappers said besides, under ``wrapper.key``."""

    def inside(
        self,
        wrapper: str,
        *,
        host: str | None = None,
        time: str | None = None,
        undated: str | None = None,
        extras: dict[str, JsonValue] | None = None,
        warning: str | None = None,
    ) -> Origin:
        """The origin of what stands inside ``wrapper``."""
        return replace(
            self,
            wrappers=(*self.wrappers, wrapper),
            host=host or self.host,
            time=time or self.time,
            undated=undated or self.undated,
            extras={**self.extras, **{f"{wrapper}.{key}": value for key, value in (extras or {}).items()}},
            warnings=(*self.warnings, warning) if warning else self.warnings,
        )
