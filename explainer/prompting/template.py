"""One prompt file: TOML front matter between ``+++`` lines, then a Jinja2 body cut into messages.

The body is split *before* it is rendered, at lines of the form ``=== system ===``: what an alert holds can therefore
never open a message of its own.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from explainer.errors import PromptError
from explainer.prompting.inert import data_json
from explainer.schema.exchange import Message
from explainer.schema.prompt import PromptTemplate

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.sandbox import ImmutableSandboxedEnvironment

SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
Role = Literal["system", "user", "assistant"]
ROLES: dict[str, Role] = {"system": "system", "user": "user", "assistant": "assistant"}
_SECTION = re.compile(r"^=== (\w+) ===[ \t]*$", re.MULTILINE)
_KEYS = {"id", "version", "output", "variables", "summary", "compact"}


def parse_template(data: bytes, where: str) -> PromptTemplate:
    """Read one prompt file.

    Args:
        data: the file's bytes.
        where: its path, for messages.

    Raises:
        PromptError: front matter or sections are missing or wrong; says what was expected.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PromptError("is not UTF-8", where=where) from error
    match = re.match(r"\+\+\+\r?\n(.*?)\r?\n\+\+\+\r?\n(.*)\Z", text, re.DOTALL)
    if match is None:
        raise PromptError("has no front matter", where=where, hint="begin the file with TOML between two lines of +++")
    try:
        front = tomllib.loads(match[1])
    except tomllib.TOMLDecodeError as error:
        raise PromptError(f"front matter is no TOML: {error}", where=where) from error
    if unknown := set(front) - _KEYS:
        raise PromptError(f"unknown front matter keys: {', '.join(sorted(unknown))}", where=where)
    if missing := _KEYS - {"compact"} - set(front):
        raise PromptError(f"front matter lacks {', '.join(sorted(missing))}", where=where)
    if not SEMVER.fullmatch(str(front["version"])):
        raise PromptError(f"version {front['version']!r} is not a semantic version", where=where, hint="such as 1.0.0")
    template = PromptTemplate(
        id=front["id"],
        version=front["version"],
        output=front["output"],
        variables=tuple(front["variables"]),
        summary=front["summary"],
        compact=front.get("compact", False),
        body=match[2],
        sha256=hashlib.sha256(data).hexdigest(),
    )
    sections(template, where)
    return template


def sections(template: PromptTemplate, where: str | None = None) -> list[tuple[Role, str]]:
    """The body as ``(role, Jinja2 source)`` pairs, in order.

    Raises:
        PromptError: text before the first section, an unknown role, or no user section.
    """
    place = where or template.ref
    parts = _SECTION.split(template.body)
    if parts[0].strip():
        raise PromptError("text stands before the first section", where=place, hint="begin with === system ===")
    found = list(zip(parts[1::2], parts[2::2], strict=True))
    cut: list[tuple[Role, str]] = []
    for name, body in found:
        role = ROLES.get(name)
        if role is None:
            raise PromptError(f"unknown section {name!r}", where=place, hint=f"one of {', '.join(sorted(ROLES))}")
        cut.append((role, body.strip("\n")))
    if "user" not in {role for role, _ in cut}:
        raise PromptError("has no user section", where=place)
    return cut


def render_template(template: PromptTemplate, variables: Mapping[str, Any]) -> tuple[Message, ...]:
    """Fill a template. ``{{ value | data }}`` writes a value as ASCII JSON: the only way alert text may enter.

    Raises:
        PromptError: a variable is missing or unknown, or the template asks for something that does not exist.
    """
    if set(variables) != set(template.variables):
        gone = ", ".join(sorted(set(template.variables) ^ set(variables)))
        raise PromptError(f"variables do not match the front matter: {gone}", where=template.ref)
    # Imported here: it costs 40 ms, and rule knowledge alone needs no template.
    from jinja2 import TemplateError

    messages = []
    for role, source in sections(template):
        try:
            text = _compiled(source).render(**variables)
        except TemplateError as error:
            raise PromptError(f"{role} section: {error}", where=template.ref) from error
        messages.append(Message(role=role, content=text.strip()))
    return tuple(messages)


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        autoescape=False,
    )
    environment.filters["data"] = data_json
    environment.globals.clear()
    return environment


@lru_cache(maxsize=64)
def _compiled(source: str) -> Template:
    return _environment().from_string(source)


def check_template(template: PromptTemplate) -> list[str]:
    """What is wrong with a template's Jinja2: syntax, and names that the front matter does not declare."""
    from jinja2 import TemplateSyntaxError, meta
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment()
    environment.filters["data"] = data_json
    problems = []
    used: set[str] = set()
    for role, source in sections(template):
        try:
            used |= meta.find_undeclared_variables(environment.parse(source))
        except TemplateSyntaxError as error:
            problems.append(f"{template.ref}: {role} section, line {error.lineno}: {error.message}")
    problems += [
        f"{template.ref}: uses {name}, which its front matter does not list"
        for name in sorted(used - set(template.variables))
    ]
    return problems
