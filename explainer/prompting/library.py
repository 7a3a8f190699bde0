"""All prompts on the search path, their locks, and which version is the default."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from explainer.errors import PromptError, UnknownNameError
from explainer.prompting.template import parse_template
from explainer.schema.prompt import PromptTemplate

_REFERENCE = re.compile(r"(?P<id>[a-z][a-z0-9-]*)(?:@(?P<version>\d+(?:\.\d+){0,2}))?")


def version_key(version: str) -> tuple[int, ...]:
    """Sort key of a semantic version."""
    return tuple(int(part) for part in version.split("."))


@dataclass(frozen=True)
class Lock:
    """What ``catalog.toml`` says of one released version."""

    sha256: str
    released: str | None = None


@dataclass(frozen=True)
class PromptLibrary:
    """Prompts by id and version."""

    templates: Mapping[tuple[str, str], PromptTemplate]
    locks: Mapping[tuple[str, str], Lock] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> PromptLibrary:
        """Build a library from ``{"explain/1.0.0.md": bytes, "catalog.toml": bytes}``.

        Raises:
            PromptError: a file cannot be read, sits under a name that is not its own, or the catalogue is wrong.
        """
        templates: dict[tuple[str, str], PromptTemplate] = {}
        locks: dict[tuple[str, str], Lock] = {}
        defaults: dict[str, str] = {}
        for path in sorted(files):
            parts = path.split("/")
            if parts[-1] == "catalog.toml":
                _read_catalog(files[path], path, locks, defaults)
            elif len(parts) >= 2 and parts[-1].endswith(".md") and parts[-1] != "CHANGELOG.md":
                template = parse_template(files[path], path)
                if (parts[-2], parts[-1][:-3]) != (template.id, template.version):
                    raise PromptError(
                        f"holds {template.ref}, which belongs in {template.id}/{template.version}.md", where=path
                    )
                templates[template.id, template.version] = template
        return cls(templates, locks, defaults)

    def merged(self, later: PromptLibrary) -> PromptLibrary:
        """This library with a user's own prompts over it."""
        return PromptLibrary(
            {**self.templates, **later.templates}, {**self.locks, **later.locks}, {**self.defaults, **later.defaults}
        )

    def ids(self) -> list[str]:
        """All prompt ids, sorted."""
        return sorted({name for name, _ in self.templates})

    def versions(self, prompt: str) -> list[str]:
        """Versions of one prompt, oldest first."""
        return sorted((version for name, version in self.templates if name == prompt), key=version_key)

    def default(self, prompt: str) -> str:
        """The catalogue's default version, or else the newest."""
        return self.defaults.get(prompt) or self.versions(prompt)[-1]

    def get(self, reference: str) -> PromptTemplate:
        """Find ``explain`` (its default), ``explain@1``, ``explain@1.2`` (the newest that fits) or ``explain@1.2.0``.

        Raises:
            UnknownNameError: no such prompt or version; the nearest is suggested.
        """
        match = _REFERENCE.fullmatch(reference)
        if match is None or match["id"] not in self.ids():
            near = difflib.get_close_matches(reference.partition("@")[0], self.ids(), n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(self.ids()) or 'none'}"
            raise UnknownNameError(f"unknown prompt {reference!r}", hint=hint)
        prompt, wanted = match["id"], match["version"]
        if wanted is None:
            return self.templates[prompt, self.default(prompt)]
        fitting = [v for v in self.versions(prompt) if v == wanted or v.startswith(f"{wanted}.")]
        if not fitting:
            raise UnknownNameError(
                f"prompt {prompt!r} has no version {wanted}", hint=f"known: {', '.join(self.versions(prompt))}"
            )
        return self.templates[prompt, fitting[-1]]

    def problems(self) -> list[str]:
        """What is wrong with the locks: released files that moved or are gone, defaults that do not exist."""
        found = []
        for (prompt, version), lock in sorted(self.locks.items()):
            template = self.templates.get((prompt, version))
            if template is None:
                found.append(f"{prompt}@{version} is locked in catalog.toml and its file is gone")
            elif template.sha256 != lock.sha256:
                found.append(f"{prompt}@{version} was changed after its release; put it back and write a new version")
        found += [
            f"the default of {prompt} is {version}, which does not exist"
            for prompt, version in sorted(self.defaults.items())
            if (prompt, version) not in self.templates
        ]
        found += [
            f"{prompt}@{version} is not locked; run `explainer prompts lock`"
            for prompt, version in sorted(self.templates)
            if (prompt, version) not in self.locks
        ]
        return found


def _read_catalog(data: bytes, where: str, locks: dict[tuple[str, str], Lock], defaults: dict[str, str]) -> None:
    try:
        catalog = tomllib.loads(data.decode("utf-8"))
        for prompt, entry in catalog.get("prompts", {}).items():
            if "default" in entry:
                defaults[prompt] = entry["default"]
            for version, lock in entry.get("versions", {}).items():
                released = lock.get("released")
                locks[prompt, version] = Lock(lock["sha256"], None if released is None else str(released))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, AttributeError, TypeError) as error:
        raise PromptError(
            f"cannot be read: {error}",
            where=where,
            hint='expected [prompts.ID] default = "…" and [prompts.ID.versions."…"] sha256 = "…"',
        ) from error


def format_catalog(library: PromptLibrary, released: str) -> str:
    """``catalog.toml`` for the library as it stands; versions locked before keep their date."""
    lines = [
        "# Released prompts. A released version is immutable: its sha256 is held here and checked by the tests.",
        "# Written by `explainer prompts lock`.",
    ]
    for prompt in library.ids():
        lines += ["", f"[prompts.{prompt}]", f'default = "{library.default(prompt)}"']
        for version in library.versions(prompt):
            lock = library.locks.get((prompt, version))
            date = lock.released if lock is not None and lock.released else released
            digest = lock.sha256 if lock is not None else library.templates[prompt, version].sha256
            lines += [f'[prompts.{prompt}.versions."{version}"]', f'sha256 = "{digest}"', f"released = {date}"]
    return "\n".join(lines) + "\n"
