"""What the shell offers behind an option; each list is read when the shell asks for it."""

from __future__ import annotations

from collections.abc import Iterable


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.lower().startswith(incomplete.lower())]


def backends(incomplete: str) -> list[str]:
    """Names of backends."""
    from explainer.backends.base import BACKENDS

    return _starting(["auto", "knowledge", *BACKENDS], incomplete)


def formats(incomplete: str) -> list[str]:
    """Names of input formats."""
    from explainer.ingest import FORMATS

    return _starting(["auto", *FORMATS], incomplete)


def prompts(incomplete: str) -> list[str]:
    """Prompts by id, and with their version once somebody typed an @."""
    from explainer.errors import ExplainerError
    from explainer.store.prompt_files import load_library

    try:
        library = load_library(())
    except ExplainerError:
        return []
    ids = library.ids()
    if "@" not in incomplete:
        return _starting(ids, incomplete)
    return _starting((f"{name}@{version}" for name in ids for version in library.versions(name)), incomplete)


def models(incomplete: str) -> list[str]:
    """Local models: those that can be fetched and those that are here."""
    from explainer.store import local_models

    return _starting(dict.fromkeys([*local_models.MODELS, *(m.name for m in local_models.installed())]), incomplete)


def rules(incomplete: str) -> list[str]:
    """Names of the rules that are known without rule files."""
    from explainer.enrich.catalogue import shipped_catalogue

    return _starting((name for name, _, _ in shipped_catalogue().templates()), incomplete)
