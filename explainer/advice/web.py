"""Calls of an HTTP interface as acts: the method is the verb, the address the object, and the body configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.advice.acts import Act, Grammar, plain
from explainer.advice.patterns import Argv, Setting

_CLIENTS = frozenset(
    ["curl", "wget", "http", "https", "xh", "curlie", "httpie", "invoke-restmethod", "invoke-webrequest", "irm", "iwr"]
)
_BODY = (
    "-d",
    "--data",
    "--data-raw",
    "--data-binary",
    "--json",
    "--data-urlencode",
    "-Body",
    "--body",
    "--body-data",
    "--post-data",
    "--raw",
)
_METHODS = {"DELETE": "remove", "PUT": "set", "PATCH": "set", "POST": "set"}


def _method(argv: Argv) -> str:
    for name in ("-X", "--request", "--method", "-Method", "-CustomMethod"):
        for value in argv.flags.get(name, ()):
            if value.strip("\"'").upper() in (*_METHODS, "GET", "HEAD"):
                return value.strip("\"'").upper()
    if argv.program in ("http", "https", "xh", "curlie", "httpie"):
        for word in argv.positional[:2]:
            if word.upper() in _METHODS:
                return word.upper()
    if any(w.startswith(tuple(f + "=" for f in _BODY)) or w in _BODY for w in argv.words):
        return "POST"
    return (
        "POST"
        if argv.program in ("gh", "glab") and any(w in ("-f", "-F", "--field", "--raw-field") for w in argv.words)
        else ""
    )


def _address(argv: Argv) -> str:
    if argv.program in ("gh", "glab"):
        return next((w for w in argv.positional[1:] if "/" in w), "")
    for word in argv.words[1:]:
        match = re.match(
            r"(?:--url=|--uri=)?(?:https?://[^/\s]+|\$\{?\w+\}?|:\d+|[\w.-]+:\d+|[\w-]+(?:\.[\w-]+)+)(/[^\s?]*)",
            word.strip("\"'"),
        )
        if match and not word.startswith("@"):
            return match.group(1)
    return next((w for w in argv.positional if w.startswith("/") and argv.program in ("kubectl", "oc", "az")), "")


def acts(argv: Argv, grammar: Grammar) -> Iterator[Act]:
    """What an HTTP call does to what; nothing for a plain read."""
    api = argv.program in ("gh", "glab") and argv.positional[:1] == ["api"]
    raw = argv.program in ("kubectl", "oc") and "--raw" in argv.words
    rest = argv.program == "az" and argv.positional[:1] == ["rest"]
    if argv.program not in _CLIENTS and not (api or raw or rest):
        return
    method = _method(argv) or ("DELETE" if raw and "delete" in argv.positional else "")
    path = _address(argv)
    if method not in _METHODS or not path:
        return
    thing = f"http {plain(path)}"
    direction = _METHODS[method]
    if direction != "remove":
        for part in reversed([p for p in re.split(r"[/._:-]", path) if p][-3:]):
            found = grammar.verb(part)[0]
            if found in ("off", "remove", "hush", "grant", "open", "revoke"):
                direction = found
                break
    yield Act(direction, thing)


def bodies(argv: Argv) -> tuple[list[str], list[Setting]]:
    """JSON that the call sends, and its fields as settings."""
    texts: list[str] = []
    settings: list[Setting] = []
    if argv.program not in _CLIENTS and argv.positional[:1] not in (["api"], ["rest"]):
        return texts, settings
    for name in _BODY:
        for value in argv.flags.get(name, ()):
            text = value.strip()
            if text[:1] in "{[":
                texts.append(text[:20_000])
            elif re.fullmatch(r"[\w.\[\]-]+=[^=&]*(?:&[\w.\[\]-]+=[^=&]*)*", text):
                settings += [
                    Setting(k.lower(), v, "http body") for k, _, v in (p.partition("=") for p in text.split("&"))
                ]
    for name in ("-f", "-F", "--field", "--raw-field", "--form"):
        for value in argv.flags.get(name, ()):
            key, equals, text = value.partition("=")
            if equals and argv.program in ("gh", "glab", "az"):
                settings.append(Setting(re.sub(r"\[(\w*)\]", r".\1", key).strip(".").lower(), text, "http body"))
    for word in argv.positional[1:]:
        match = re.fullmatch(r"([\w.-]+):?=(.+)", word)
        if match and argv.program in ("http", "https", "xh", "httpie"):
            settings.append(Setting(match.group(1).lower(), match.group(2), "http body"))
    return texts, settings
