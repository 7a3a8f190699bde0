# ruff: noqa: E501  (regular expressions are read better whole)
# ruff: noqa: ARG001  (one signature for all functions of a kind)
"""Packages that are fetched and run in one go, without a version: ``pipx run``, ``uvx``, ``dlx``, ``cargo binstall``."""

from __future__ import annotations

import re

from explainer.advice.patterns import Argv
from explainer.advice.scope import check
from explainer.advice.script import Command

_RUNS = {
    "pipx": ("run", "install"), "uv": ("tool", "x"), "yarn": ("dlx",), "pnpm": ("dlx", "add", "exec"), "bun": ("x", "add"), "npm": ("exec",),
    "cargo": ("binstall",), "deno": ("install",), "rye": ("tools",), "pixi": ("global", "exec"), "mix": ("archive.install",), "dart": ("pub",),
    "rustup": ("component-x",), "raco": ("pkg",), "haxelib": ("install",), "nimble": ("install",), "opam": ("install",), "luarocks": ("install",),
    "spin": ("plugins",), "krew": ("install",), "tfenv": ("install-x",), "steampipe": ("plugin",), "opkg": ("install",), "kpm": ("add",),
}  # fmt: skip


@check("package-unpinned", *_RUNS)
def _package_unpinned(argv: Argv, command: Command) -> bool:
    """A package is named without a version and installed or run at once."""
    first = argv.positional[:1]
    if not first or first[0] not in _RUNS[argv.program]:
        return False
    names = [w for w in argv.positional[1:] if w not in ("run", "install", "activate", "add", "global")]
    if not names or re.search(r"--locked\b.*--version|--version[= ]|--spec\s+\S+==|--require-hashes", argv.joined):
        return False
    name = names[0]
    return (
        not re.search(r"@\d|==\d|\.whl$|^\.|^/|@sha|@v\d|:\d", name)
        and re.match(r"(?:@[\w-]+/)?[a-z][\w./-]*(?:@latest)?$", name, re.I) is not None
    )
