# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Files that programs write or edit by themselves: ``tee``, ``sed -i``, ``yq -i``, ``augtool``, ``dd`` … with what stands in them afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence

from explainer.advice import edits


def file_writes(argv: Sequence[str], stdin: str | None) -> list[tuple[str, str | None, str]]:
    """Files that the program itself writes, as (path, content, mode)."""
    name = argv[0]
    plain = [w for w in argv[1:] if not w.startswith("-")]
    if name == "tee":
        mode = "append" if any(re.fullmatch(r"-\w*a\w*|--append", w) for w in argv[1:]) else "truncate"
        return [(path, stdin, mode) for path in plain]
    if name == "visudo" and stdin:
        return [("/etc/sudoers", stdin, "append")]
    if name == "sponge":
        return [(path, stdin, "truncate") for path in plain]
    if name in ("sed", "gsed") and any(re.match(r"-[nErsz]*i|--in-place", w) for w in argv[1:]):
        programs = [
            argv[i + 1]
            for i, w in enumerate(argv[:-1])
            if w in ("-e", "--expression") or re.fullmatch(r"-[nErszi]*e", w)
        ]
        files = [w for w in plain if w not in programs]
        if not programs and files:
            programs, files = files[:1], files[1:]
        content = "\n".join(edited for p in programs for edited in sed_results(p))
        return [(path, edits.with_key(path, content), "edit") for path in files]
    if name == "perl" and any(re.match(r"-\w*i", w) for w in argv[1:]):
        programs = [w for w in plain if re.search(r"\bs(\W)", w)]
        content = "\n".join(edited for p in programs for edited in sed_results(p))
        return [(path, edits.with_key(path, content), "edit") for path in plain if path not in programs]
    if name in ("yq", "jq") and any(re.match(r"-\w*i|--inplace", w) for w in argv[1:]) and len(plain) > 1:
        return [(plain[-1], _yq_result(plain[-2]), "edit")]
    if name == "crudini" and "--set" in argv and len(plain) >= 4:
        return [(plain[0], f"[{plain[1]}]\n{plain[2]}={plain[3]}", "edit")]
    if name == "augtool":
        return [
            (m.group(1), f"{m.group(2)} {m.group(3)}" if "ssh" in m.group(1) else f"{m.group(2)}={m.group(3)}", "edit")
            for m in re.finditer(
                r"\bset\s+/files(/\S+)/([\w.-]+)(?:\[\d+\])?\s+[\"']?([^\"'\n]+)", " ".join([*argv[1:], stdin or ""])
            )
        ]
    if name in ("gawk", "awk") and "inplace" in argv and len(plain) > 2:
        found = re.findall(r"(?:print|sub\([^,]+,)\s*\"([^\"]*)\"", " ".join(plain[1:-1]))
        return [(plain[-1], edits.with_key(plain[-1], "\n".join(found)), "edit")]
    if name in ("ex", "vim", "vi", "nvim") and plain:
        programs = [w for w in argv[1:] if re.search(r"%?s(\W).*\1", w)]
        content = "\n".join(e for p in programs for e in sed_results(p))
        return (
            [(plain[-1], edits.with_key(plain[-1], content), "edit")] if content and plain[-1] not in programs else []
        )
    if name in ("git-config-file", "ini-file", "openstack-config", "initool") and len(plain) >= 4:
        return [(plain[0], f"[{plain[1]}]\n{plain[2]}={plain[3]}", "edit")]
    if name in ("kwriteconfig5", "kwriteconfig6", "uci-file"):
        return []
    if name in ("install", "cp", "ln") and "/dev/null" in plain and len(plain) > 1:
        return [(plain[-1], "", "link" if name == "ln" else "truncate")]
    if name == "truncate":
        return [(path, "", "truncate") for path in plain if not re.fullmatch(r"[\d+<>%/-]*[KMGT]?", path)]
    if name == "dd":
        source = next((w[3:] for w in argv if w.startswith("if=")), "")
        target = next((w[3:] for w in argv if w.startswith("of=")), "")
        if target and source in ("/dev/null", "/dev/zero"):
            return [(target, "", "truncate")]
        return [(target, stdin, "truncate")] if target and stdin is not None else []
    if name == "ed" and stdin and plain:
        return [(plain[-1], "\n".join(e for p in stdin.split("\n") for e in sed_results(p)), "edit")]
    return []


_SED = re.compile(r"\bs(?P<d>[^\w\s\\])(?P<old>(?:\\.|(?!(?P=d)).)*)(?P=d)(?P<new>(?:\\.|(?!(?P=d)).)*)(?P=d)", re.S)


def sed_results(program: str) -> list[str]:
    """Lines that a sed or perl program would leave behind, back-references filled from the pattern's own text."""
    results = []
    program = program[:4000]
    for match in _SED.finditer(program):
        old, new = match.group("old"), match.group("new")
        groups = re.findall(r"\\?\(([^()]*)\\?\)", old)
        for number, text in enumerate(groups, 1):
            clean = re.sub(r"[\^$\\*+?]", "", text)
            new = new.replace(f"\\{number}", clean).replace(f"${number}", clean).replace(f"${{{number}}}", clean)
        new = new.replace("&", re.sub(r"[\^$\\]|\.\*", "", old))
        results.append(re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m.group(1), m.group(1)), new))
        context = re.match(r"^[\^#\s\\*?]*([\w.\[\]-]+\s*[=: ]?\s*)", old)
        if context and "=" not in new and ":" not in new and "=" in old:
            results.append(re.sub(r"[\^$\\]", "", old.split("=")[0]) + "=" + new)
    for match in re.finditer(r"(?:^|[;\n}\d/$])\s*([aic])\\?\s*([^\n]+)", program):
        if not _SED.search(program):
            results.append(match.group(2))
    return results


def _yq_result(program: str) -> str:
    """``.a.b = value`` as a dotted line that the config reader takes."""
    lines = []
    for match in re.finditer(r"((?:\.[\w\"\[\]*-]+)+)\s*\|?=\s*(\"[^\"]*\"|[^\s|,)]+|\[[^\]]*\])", program):
        lines.append(f"{match.group(1).lstrip('.').replace(chr(34), '')} = {match.group(2)}")
    return "\n".join(lines)
