"""Reading inputs into groups of alike alerts, with a count of everything that was met."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from explainer.errors import AlertFormatError, InputError
from explainer.schema.alert import Alert, Skipped
from explainer.schema.enriched import Group

if TYPE_CHECKING:
    from explainer.equipment import Equipment

UNPACK = ": unpack it first"
KEPT_SKIPPED = 20
READ_SIZE = 1 << 16
_GIVE = "give a file of Falco alerts, or pipe them in: kubectl logs -n falco ds/falco | explainer explain -"
_FORMATS = "explainer reads Falco alerts as JSON, as text lines, and wrapped by shippers; look at what this input is"
_UNPACK = "unpack it and pipe it in: gunzip -c FILE | explainer explain -"


class Session:
    """One run over an input. Memory is bounded by the number of different groups, not by the input."""

    def __init__(
        self,
        equipment: Equipment,
        parts: Iterable[Any],
        *,
        format: str = "auto",  # noqa: A002
        skip: Callable[[Group], bool] | None = None,
    ) -> None:
        self._skip = skip
        self.skipped_groups = 0
        """Groups that were not wanted."""
        self._equipment = equipment
        self._parts = parts
        self._format = format
        self.alert_count = 0
        self.skipped: list[Skipped] = []
        """The first of those that are no Falco talk."""
        self.skipped_in: list[str | None] = []
        """For each of these, the name of the part it stands in, where the part has one."""
        self.telling_count = 0
        """How many there were of them in all."""
        self.skipped_count = 0
        self.broken_count = 0
        self._talk = False
        self._part_name: str | None = None
        self._parts_seen = 0
        self.group_count: int | None = None
        """Known once the input was read."""

    def groups(self) -> list[Group]:
        """Read everything and return the groups in the order in which they first came."""
        return list(self.iter_groups())

    def iter_groups(self) -> Iterator[Group]:
        """The groups that are wanted; alike alerts are only known to be complete at the end of the input."""
        for group in self._read_groups():
            if self._skip is not None and self._skip(group):
                self.skipped_groups += 1
            else:
                yield group

    def _read_groups(self) -> Iterator[Group]:
        from explainer.enrich.group import Grouper

        if not self._equipment.settings.group:
            for alert in self._alerts():
                # A grouper of its own: alerts stay apart however alike they are.
                alone = Grouper()
                alone.add(alert, self._equipment.reading(alert))
                yield from alone
            self.group_count = self.alert_count
            return
        grouper = Grouper()
        for alert in self._alerts():
            grouper.add(alert, self._equipment.reading(alert))
        self.group_count = len(grouper)
        yield from grouper

    def nothing_found(self) -> AlertFormatError:
        """What to say when there was no alert, and what to do."""
        if self.skipped:
            first, name = self.skipped[0], self.skipped_in[0]
            packed = first.reason.endswith(UNPACK)
            return AlertFormatError(
                f"no alert in the input; line {first.line}: {first.reason}",
                hint=_UNPACK if packed else _FORMATS,
                where=name if self._several else None,
            )
        if self._talk:
            return AlertFormatError(
                "no alert in the input: it holds only Falco's own log lines",
                hint="alerts go where Falco's outputs send them: give that file, or the whole log",
            )
        held = "it holds only blank lines" if self.skipped_count else "it is empty"
        return AlertFormatError(f"no alert in the input: {held}", hint=_GIVE)

    @property
    def _several(self) -> bool:
        return self._parts_seen > 1

    def _alerts(self) -> Iterator[Alert]:
        recognise = self._equipment.recognise
        for item in self._items():
            if isinstance(item, Alert):
                self.alert_count += 1
                yield recognise(item)
            else:
                self._note(item)

    def _items(self) -> Iterator[Alert | Skipped]:
        from explainer.ingest import from_mapping, iter_records

        for part in self._parts:
            self._parts_seen += 1
            name = getattr(part, "name", None)
            self._part_name = name if isinstance(name, str) else None
            if isinstance(part, Alert):
                yield part
            elif isinstance(part, Mapping):
                try:
                    yield from from_mapping(part, format=self._format)
                except AlertFormatError as error:
                    # One record that is no alert must not cost the others.
                    yield Skipped(line=1, reason=error.message, kind="unrecognised")
            elif isinstance(part, str):
                yield from iter_records([part.encode("utf-8", "surrogatepass")], format=self._format)
            elif isinstance(part, bytes | bytearray | memoryview):
                yield from iter_records([bytes(part)], format=self._format)
            elif isinstance(part, Iterable):
                yield from iter_records(_chunks(part), format=self._format)
            else:
                raise InputError(
                    f"an alert cannot be a {type(part).__name__}", hint="give bytes, str, a mapping or an Alert"
                )

    def _note(self, item: Skipped) -> None:
        self.skipped_count += 1
        self.broken_count += item.kind == "broken"
        self._talk = self._talk or item.kind in {"log_line", "statistics"}
        if item.kind in {"unrecognised", "broken"}:
            self.telling_count += 1
            if len(self.skipped) < KEPT_SKIPPED:
                self.skipped.append(item)
                self.skipped_in.append(self._part_name)


def _chunks(part: Iterable[Any]) -> Iterator[bytes]:
    for chunk in part:
        if isinstance(chunk, bytes | bytearray | memoryview):
            yield bytes(chunk)
        else:
            raise InputError(
                f"a stream of an input is made of bytes, not of {type(chunk).__name__}",
                hint="explain_many takes several alerts; ingest takes one input",
            )


def read_alerts(data: Any, format: str) -> list[Alert]:  # noqa: A002
    """All alerts of one input.

    Raises:
        AlertFormatError: there is none.
    """
    from explainer.equipment import Equipment
    from explainer.settings import Resolved, Settings

    # The shipped catalogue only: reading an input must not depend on what lies in /etc.
    equipment = Equipment(Resolved(Settings(backend="knowledge", default_rules=False)))
    session = Session(equipment, [data], format=format)
    alerts = list(session._alerts())
    if not alerts:
        raise session.nothing_found()
    return alerts
