"""What generation and scoring need of a case: its alert, read and enriched once however many answers there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from explainer.equipment import Equipment
from explainer.errors import CaseError, ExplainerError
from explainer.evaluation.case import LoadedCase
from explainer.schema.enriched import EnrichedAlert, Group
from explainer.session import Session
from explainer.settings import Resolved, Settings

if TYPE_CHECKING:
    from explainer.backends.base import Backend


@dataclass(frozen=True)
class Material:
    """One case, ready."""

    loaded: LoadedCase
    group: Group
    enriched: EnrichedAlert


class Materials:
    """Materials of a set of cases. Only what is shipped is used: a site's own rules would change every figure."""

    def __init__(self) -> None:
        self._equipment = Equipment(Resolved(plain_settings()))
        self._found: dict[str, Material] = {}
        # By identity: the groups live as long as the materials do.
        self._by_group: dict[int, EnrichedAlert] = {}

    def of(self, loaded: LoadedCase) -> Material:
        """A case's material.

        Raises:
            CaseError: its alert cannot be read, or is of several kinds.
        """
        found = self._found.get(loaded.case.id)
        if found is None or found.loaded is not loaded:
            group = self._group(loaded)
            found = self._found[loaded.case.id] = Material(loaded, group, self._equipment.enriched(group))
            self._by_group[id(group)] = found.enriched
        return found

    def _group(self, loaded: LoadedCase) -> Group:
        session = Session(self._equipment, [loaded.alert])
        try:
            groups = session.groups()
        except ExplainerError as error:
            raise CaseError(
                f"the alert cannot be read: {error.message}", where=loaded.where("alert"), hint="explainer eval lint"
            ) from error
        if len(groups) != 1:
            told = f"it holds alerts of {len(groups)} kinds" if groups else session.nothing_found().message
            raise CaseError(f"a case is one alert: {told}", where=loaded.where("alert"), hint="explainer eval lint")
        return self._equipment.masked(groups[0])[0]

    def enriched(self, group: Group) -> EnrichedAlert | None:
        """What was made of this very group, if anything."""
        return self._by_group.get(id(group))

    @cached_property
    def knowledge_hash(self) -> str:
        """Of the shipped knowledge, as far as the cases met it."""
        import hashlib

        parts = sorted({material.enriched.knowledge_hash for material in self._found.values()})
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def plain_settings(**given: object) -> Settings:
    """Settings that depend on nothing but what is given: no rules of the machine, no cache, every alert grouped."""
    # Cases are published: stand-ins would only make every recording stale.
    fixed = {"backend": "knowledge", "default_rules": False, "cache": False, "require_model": False, "redact": "off"}
    return Settings.model_validate({**fixed, **given})


class Kit(Equipment):
    """Equipment that takes enriched alerts from the materials instead of making them anew for every model."""

    def __init__(self, settings: Settings, materials: Materials, backend: Backend | None = None) -> None:
        super().__init__(Resolved(settings), backend)
        self._materials = materials

    def enriched(self, group: Group) -> EnrichedAlert:
        """See ``Equipment.enriched``."""
        return self._materials.enriched(group) or super().enriched(group)
