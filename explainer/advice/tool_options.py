# ruff: noqa: E501  (word tables and regular expressions are read better whole)
# ruff: noqa: ARG001  (one signature for all functions of a kind)
"""Options and sub-commands that do not exist, told by lists of those that do (``_options.yaml``)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from typing import Any

from explainer.advice.config import load_plain
from explainer.advice.patterns import Argv
from explainer.advice.scope import check
from explainer.advice.script import Command


@functools.cache
def lists() -> Mapping[str, Any]:
    """The lists of ``_options.yaml``."""
    text = resources.files("explainer").joinpath("data/advice/_options.yaml").read_text("utf-8")
    loaded: Mapping[str, Any] = load_plain(text)
    return loaded


def words_of(text: object) -> frozenset[str]:
    """A list that is written as one string."""
    return frozenset(str(text or "").split())


@check("option-invented", "kubectl", "docker", "podman", "systemctl", "iptables", "ip6tables")
def _option_invented(argv: Argv, command: Command) -> bool:
    """A long option or a sub-command that the tool does not have."""
    known = lists().get("iptables" if argv.program == "ip6tables" else argv.program) or {}
    words = list(argv.words[1 : argv.words.index("--") if "--" in argv.words else None])
    if any("$" in w or "<" in w or "…" in w or w == "..." for w in words[:3]):
        return False
    options = {
        w[2:].partition("=")[0] for w in words if w.startswith("--") and len(w) > 2 and w[2].isalpha() and "$" not in w
    }
    if "modules" in known:
        used = [words[i + 1] for i, w in enumerate(words[:-1]) if w in ("-m", "--match")]
        if not used or any(m not in known["modules"] for m in used) or any(w in ("-j", "--jump", "-g") and words[i + 1] not in ("DROP", "ACCEPT", "REJECT", "RETURN", "LOG") for i, w in enumerate(words[:-1])):  # fmt: skip
            return False
        # Options that belong to no module, or to targets, are never judged.
        real = words_of(lists().get("iptables_options")).union(*(words_of(known["modules"][m]) for m in used))
        return bool(options - real)
    verb = next(
        (w for w in argv.positional[:3] if w in (known.get("options") or {}) or w in (known.get("words") or {})), ""
    )
    groups = known.get("words") or {}
    if "" in groups:
        first = argv.positional[0] if argv.positional else ""
        return bool(first) and first.isalpha() and first not in words_of(groups[""]) and first not in lists() and len(argv.positional) > 1 and "." not in first  # fmt: skip
    if verb in groups and argv.positional[:1] == [verb]:
        sub = argv.positional[1] if len(argv.positional) > 1 else ""
        if sub and sub.isalpha() and sub not in words_of(groups[verb]):
            return True
        verb = sub
    own = (known.get("options") or {}).get(verb)
    if own is None or (argv.positional[:1] != [verb] and verb not in argv.positional[:2]):
        return False
    if verb == "exec":  # what follows the container is another program's
        return False
    return bool(options - words_of(own) - words_of(known.get("global")))
