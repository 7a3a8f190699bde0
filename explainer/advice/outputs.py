# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""What simple commands print, as far as the text tells: the words that a substitution or a pipe hands on."""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from collections.abc import Sequence

from explainer.advice import containers
from explainer.advice.script import Command
from explainer.advice.words import ansi_c


def output(command: Command) -> str | None:
    """What the command prints, when the text tells."""
    if command.program == ":" or command.program == "true":
        return ""
    if (
        command.program == "cat"
        and command.stdin is not None
        and all(a in ("-",) or a[:1] == "-" for a in command.argv[1:])
    ):
        return command.stdin
    if command.program == "cat" and "/dev/null" in command.argv:
        return ""
    return produced(command)


def produced(command: Command) -> str | None:
    """Text that ``echo``, ``printf``, ``cat`` with a here-doc or ``base64 -d`` writes to its output."""
    argv = command.argv
    if not argv:
        return None
    if argv[0] == "echo":
        words = list(argv[1:])
        escapes = False
        while words and re.fullmatch(r"-[neE]+", words[0]):
            escapes = escapes or "e" in words.pop(0)
        text = " ".join(words)
        return ansi_c(text) if escapes else text
    if argv[0] == "printf" and len(argv) > 1:
        template, values = argv[1], list(argv[2:])
        text = re.sub(r"%[sbdq]", lambda _: values.pop(0) if values else "", template)
        if values and "%" in template:
            text = text.rstrip("\\n") + "\n" + "\n".join(values)
        return ansi_c(text)
    if argv[0] == "cat" and command.stdin is not None and len(argv) == 1:
        return command.stdin
    if (
        argv[0] in ("base64", "gbase64", "openssl")
        and command.stdin
        and any(re.fullmatch(r"-\w*[dD]\w*|--decode", a) for a in argv)
    ):
        try:
            return base64.b64decode(command.stdin.strip(), validate=False).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return None
    if argv[0] == "base32" and command.stdin and any(a in ("-d", "--decode") for a in argv):
        try:
            return base64.b32decode(command.stdin.strip()).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return None
    if argv[0] == "xxd" and command.stdin and any(re.fullmatch(r"-\w*r\w*", a) for a in argv):
        try:
            return bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", command.stdin)[:20_000]).decode("utf-8", "replace")
        except ValueError:
            return None
    if argv[0] == "tr" and command.stdin:
        return translated(command.stdin, argv)
    if argv[0] == "seq" and len(argv) == 2 and argv[1].isdigit():
        return "\n".join(map(str, range(1, min(int(argv[1]), 32) + 1)))
    if argv[0] == "rev" and command.stdin:
        return command.stdin.strip()[::-1]
    if argv[0] == "find":
        roots = list(itertools.takewhile(lambda word: word[:1] not in "-(!", argv[1:]))
        narrowed = any(
            re.match(
                r"-(?:i?name|i?path|i?regex|[acm]time|[acm]min|newer\w*|size|user|group|empty|inum|perm|nouser|nogroup|uid)$",
                a,
            )
            for a in argv
        )
        return (
            "\n".join(f"{root.rstrip('/')}/*" for root in roots)
            if roots and not narrowed and not any(a.startswith(("-delete", "-exec", "-ls")) for a in argv)
            else None
        )
    if argv[0] == "tee":
        return command.stdin
    return None


def filled(outer: Sequence[str], argv: list[str], stdin: str) -> list[str]:
    """The command of ``xargs`` with the words that the text pipes in."""
    words = stdin.split()[:32]
    mark = containers.option(outer, "-I", "-i", "--replace") or ("{}" if outer[0] == "parallel" else "")
    if mark and mark in argv:
        return [w for part in argv for w in (words if part == mark else [part])]
    return argv if mark else [*argv, *words]


def translated(text: str, argv: Sequence[str]) -> str | None:
    """What ``tr`` makes of a text, for plain sets and ranges."""
    sets = [re.sub(r"(.)-(.)", lambda m: "".join(map(chr, range(ord(m[1]), min(ord(m[2]), ord(m[1]) + 64) + 1))), w) for w in argv[1:] if w[:1] != "-"]  # fmt: skip
    if "-d" in argv and sets:
        return "".join(c for c in text if c not in sets[0])
    names = {"[:upper:]": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "[:lower:]": "abcdefghijklmnopqrstuvwxyz"}
    if len(sets) != 2 or not sets[1]:
        return None
    old, new = (names.get(s, s) for s in sets)
    return text.translate({ord(a): new[min(i, len(new) - 1)] for i, a in enumerate(old)})
