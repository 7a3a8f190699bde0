"""Knowledge files: one a rule, found by its name, the user's before the shipped ones."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from explainer.enrich.knowledge import (
    Knowledge,
    Locate,
    Place,
    load_block,
    load_entry,
    needed_blocks,
    slug,
    source_entry_names,
)
from explainer.errors import KnowledgeError
from explainer.schema.alert import Alert
from explainer.schema.knowledge import KnowledgeBlock, KnowledgeEntry
from explainer.store.documents import load_yaml
from explainer.store.documents import locate as file_place

_RULES = ("falco", ".")
"""Folders, within a knowledge folder, in which entries lie."""
_ALIASES = re.compile(r"^aliases:[ \t]*(\[[^\]]*\]|(?:\n[ \t]+-[^\n]*|\n[ \t]*#[^\n]*)+)", re.MULTILINE)
_NAME = re.compile(r"""(?:^|[\[,])\s*(?:-\s+)?(?:"([^"]*)"|'([^']*)'|([^\s"',\[\]][^,\]\n]*))""", re.MULTILINE)
_MAX_BYTES = 1024 * 1024


MAX_STEM = 200
"""No file system takes much longer names, and no rule has one."""
MAX_KEPT = 2048
"""Entries, found or not, that are kept in memory."""


class KnowledgeFiles:
    """Entries and blocks, each read on first use.

    Args:
        folders: the user's folders, the most important first. An entry there may hold a few fields only: the others
            come from the next folder that has the same file, in the end from the shipped one.
        shipped: also read what ships with the product.

    A folder holds ``falco/<rule-slug>.yaml`` (or ``<rule-slug>.yaml``) and ``blocks/<id>.yaml``.
    """

    def __init__(self, folders: Sequence[str | Path] = (), *, shipped: bool = True) -> None:
        self._roots: list[Traversable] = []
        for folder in folders:
            path = Path(folder)
            if not path.is_dir():
                raise KnowledgeError("no such folder", hint="check the path given to --knowledge", where=str(folder))
            self._roots.append(path)
        if shipped:
            self._roots.append(files("explainer").joinpath("data/knowledge"))
        self._entries: dict[str, tuple[KnowledgeEntry, bytes] | None] = {}
        self._blocks: dict[str, tuple[KnowledgeBlock, bytes] | None] = {}
        self._aliases: dict[str, str] | None = None
        self._hashes: dict[tuple[str | None, tuple[str, ...]], str] = {}

    # --- what callers ask -----------------------------------------------------------------

    def for_alert(self, alert: Alert, rule_name: str | None = None) -> Knowledge:
        """What is known for an alert: its rule's entry or its source's, with the blocks that are needed.

        Raises:
            KnowledgeError: a file is wrong.
        """
        name = rule_name or alert.rule.name
        stem = self._stem(name) if name else None
        if stem is None:
            stem = next((s for s in source_entry_names(alert) if self._load_entry(s) is not None), None)
        found = self._load_entry(stem) if stem else None
        entry = found[0] if found else None
        wanted = needed_blocks(entry)
        loaded = {name: block for name in wanted if (block := self._load_block(name)) is not None}
        key = (stem, wanted)
        if key not in self._hashes:
            parts = [found[1]] if found else []
            parts += [digest for _, digest in loaded.values()]
            self._hashes[key] = hashlib.sha256(b"".join(parts)).hexdigest()
        return Knowledge(entry, {name: block for name, (block, _) in loaded.items()}, self._hashes[key])

    def entry(self, rule: str) -> KnowledgeEntry | None:
        """The entry of a rule, by its name or an earlier one; None when there is none."""
        stem = self._stem(rule)
        found = self._load_entry(stem) if stem else None
        return found[0] if found else None

    def block(self, identity: str) -> KnowledgeBlock | None:
        """A shared block by its id; None when there is none."""
        found = self._load_block(identity)
        return found[0] if found else None

    def load(self, stem: str) -> KnowledgeEntry | None:
        """The entry in the files of this name, read and checked.

        Raises:
            KnowledgeError: it is wrong.
        """
        found = self._load_entry(stem)
        return found[0] if found else None

    def stems(self) -> tuple[str, ...]:
        """File names, without ending, of all entries, sorted."""
        return tuple(sorted({stem for stem, _ in self._all()}))

    def entries(self) -> Iterator[tuple[str, KnowledgeEntry]]:
        """All entries with their file names, read and checked.

        Raises:
            KnowledgeError: at the first wrong one.
        """
        for stem in self.stems():
            found = self._load_entry(stem)
            if found is not None:
                yield stem, found[0]

    def blocks(self) -> Iterator[KnowledgeBlock]:
        """All shared blocks, by id."""
        names = {item.name[:-5] for root in self._roots for item in _listing(root.joinpath("blocks"))}
        for name in sorted(names):
            found = self._load_block(name)
            if found is not None:
                yield found[0]

    # --- files ----------------------------------------------------------------------------

    def _all(self) -> Iterator[tuple[str, Traversable]]:
        for root in self._roots:
            for folder in _RULES:
                for item in _listing(root if folder == "." else root.joinpath(folder)):
                    yield item.name[:-5], item

    def _places(self, stem: str, folders: Sequence[str]) -> list[Traversable]:
        found = []
        for root in self._roots:
            for folder in folders:
                item = (root if folder == "." else root.joinpath(folder)).joinpath(f"{stem}.yaml")
                if item.is_file():
                    found.append(item)
                    break
        return found

    def _stem(self, rule: str) -> str | None:
        """File name of the rule's entry; alias names are looked for only when no file bears the rule's own name."""
        stem = slug(rule)
        # An alert states its rule itself: a name that no file can bear is no rule that anybody described.
        if not stem or len(stem) > MAX_STEM:
            return None
        if self._load_entry(stem) is not None:
            return stem
        if self._aliases is None:
            self._aliases = {}
            for name, item in self._all():
                for alias in _aliases(item):
                    self._aliases.setdefault(slug(alias), name)
        return self._aliases.get(stem)

    def _load_entry(self, stem: str) -> tuple[KnowledgeEntry, bytes] | None:
        if stem not in self._entries:
            if len(self._entries) >= MAX_KEPT:
                # Rule names come from outside; a sender that makes them up must not fill the memory.
                self._entries.clear()
                self._hashes.clear()
            self._entries[stem] = _merged(self._places(stem, _RULES), load_entry)
        return self._entries[stem]

    def _load_block(self, identity: str) -> tuple[KnowledgeBlock, bytes] | None:
        if identity not in self._blocks:
            known = re.fullmatch(r"[a-z0-9][a-z0-9-]*", identity)
            self._blocks[identity] = _merged(self._places(identity, ("blocks",)), load_block) if known else None
        return self._blocks[identity]


def _listing(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    return sorted((item for item in folder.iterdir() if item.name.endswith(".yaml")), key=lambda item: item.name)


def _read(item: Traversable) -> str:
    where = str(item)
    try:
        data = item.read_bytes()
    except OSError as problem:
        raise KnowledgeError(
            f"the file cannot be read: {problem.strerror}", hint="check its permissions", where=where
        ) from None
    if len(data) > _MAX_BYTES:
        raise KnowledgeError("the file is larger than 1 MiB", hint="an entry is a few kilobytes", where=where)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KnowledgeError("the file is not UTF-8 text", hint="save it as UTF-8", where=where) from None


def _aliases(item: Traversable) -> list[str]:
    # Read without YAML: an unknown rule must not cost the parsing of every entry.
    match = _ALIASES.search(_read(item))
    if match is None:
        return []
    return [next(part for part in found if part).strip() for found in _NAME.findall(match[1]) if any(found)]


def _merged(places: list[Traversable], load: Callable[[Any, str, Locate], Any]) -> tuple[Any, bytes] | None:
    """The record made of all files of one name, the first one's fields before the later ones'."""
    if not places:
        return None
    merged: dict[Any, Any] = {}
    origins: dict[Any, tuple[str, str]] = {}
    digest = hashlib.sha256()
    for item in places:
        text, where = _read(item), str(item)
        digest.update(text.encode())
        data = load_yaml(text, where)
        if not isinstance(data, dict):
            raise KnowledgeError(
                "the file holds no mapping", hint="write keys such as title: and meaning:", where=where
            )
        for key, value in data.items():
            if key not in merged:
                merged[key] = value
                origins[key] = (where, text)
    first = (str(places[0]), _read(places[0]))

    def locate(place: Place) -> str:
        where, text = origins.get(place[0], first) if place else first
        return file_place(where, text, place)

    return load(merged, first[0], locate), digest.digest()
