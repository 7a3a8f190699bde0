# ruff: noqa: E501  (regular expressions are read better whole)
"""Where data of a Python script goes: the environment or a file of the case into a request to somebody else, buckets emptied by object calls."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

_SECRET_SOURCE = re.compile(
    r"os\.environ\b(?!\s*(?:\[|\.get\b))|os\.environ\.(?:items|copy)\(|dict\(os\.environ\)|/proc/(?:self|\d+)/environ|/etc/shadow|\.aws/credentials|\.kube/config|id_rsa|serviceaccount/token|getpass|\.env[\"']"
)
_CASE_SOURCE = re.compile(
    r"open\(\s*[rf]?[\"'][^\"']*(?:/var/log|/var/ossec|/evidence|/cases?/|falco|audit|alerts?|events?\.json|\.pcap|\.core|\.dmp|\.mem|\.lime|\.evtx|/etc/passwd|sample|quarantine)"
    r"|journalctl|read_namespaced_pod_log|Path\(\s*[\"'][^\"']*(?:/var/log|/evidence|/cases?/|falco|\.pcap|\.mem)",
    re.I,
)
_SENDERS = re.compile(
    r"(?:^|\.)(?:post|put|patch|urlopen|sendmail|send_message|send_file|upload_file|upload_fileobj|postMessage|chat_postMessage|files_upload(?:_v2)?|request|send)$"
)
_URL = re.compile(r"https?://([\w.-]+)")
_OWN_HOST = re.compile(
    r"^(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|[\w-]+$)|(?:internal|intern|corp|local|lan|svc|example\.com|example\.org)$",
    re.I,
)
_REDACTS = re.compile(r"redact|mask|scrub|saniti[sz]e|hashlib|anonymi[sz]e|pseudonym", re.I)


def judge_flow(judge: Judge, tree: ast.Module, source: str, starts: list[int], span: tuple[int, int] | None) -> None:
    """Follow names from a source to a call that sends them away."""
    _dropped(judge, tree, starts, span)
    _edited(judge, tree, source, span)
    if not (_SECRET_SOURCE.search(source) or _CASE_SOURCE.search(source) or "boto3" in source or ".objects." in source):
        return
    tainted: dict[str, str] = {}
    urls: dict[str, str] = {}
    nodes = [n for n in ast.walk(tree) if isinstance(n, (ast.Assign, ast.For, ast.With, ast.Call))][:3000]
    nodes.sort(key=lambda n: (n.lineno, isinstance(n, ast.Call)))
    for node in nodes:
        text = (ast.get_source_segment(source, node) or "")[:2000]
        if isinstance(node, ast.Assign):
            value = (ast.get_source_segment(source, node.value) or "")[:2000]
            for target in node.targets:
                if isinstance(target, ast.Name):
                    _mark(tainted, target.id, value)
                    found = _URL.search(value)
                    if found:
                        urls[target.id] = found.group(1)
        elif isinstance(node, ast.For):
            value = (ast.get_source_segment(source, node.iter) or "")[:2000]
            if isinstance(node.target, ast.Name):
                _mark(tainted, node.target.id, value)
        elif isinstance(node, ast.With):
            for item in node.items:
                value = (ast.get_source_segment(source, item.context_expr) or "")[:2000]
                if isinstance(item.optional_vars, ast.Name):
                    _mark(tainted, item.optional_vars.id, value)
        elif isinstance(node, ast.Call):
            _call(judge, node, text, tainted, urls, starts, source, span)


_LOUDEST = frozenset({"emergency", "alert", "critical", "fatal", "emerg", "crit"})
_PASSES = re.compile(
    r"forward|send|ship|keep|filter|notify|should|wanted|relevant|interesting|pass|accept|route|alert", re.I
)
_LEVEL = re.compile(r"priority|severity|level", re.I)


def _dropped(judge: Judge, tree: ast.Module, starts: list[int], span: tuple[int, int] | None) -> None:
    """A filter of alerts that lets nothing but the loudest through."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef) or not _PASSES.search(function.name):
            continue
        for node in ast.walk(function):
            if not isinstance(node, ast.Return):
                continue
            compared = node.value
            if not isinstance(compared, ast.Compare) or not isinstance(compared.ops[0], (ast.In, ast.Eq)):
                continue
            levels = {
                c.value.lower()
                for c in ast.walk(compared.comparators[0])
                if isinstance(c, ast.Constant) and isinstance(c.value, str)
            }
            if levels and levels <= _LOUDEST and _LEVEL.search(ast.unparse(compared.left)):
                start = starts[max(0, node.lineno - 1)] + node.col_offset
                end = starts[max(0, (node.end_lineno or node.lineno) - 1)] + (node.end_col_offset or 0)
                judge.found.add(judge.rules.check("alerts-dropped"), *judge.place(span, start, end))


def _edited(judge: Judge, tree: ast.Module, source: str, span: tuple[int, int] | None) -> None:
    """A file that is read, changed by a replacement and written back: what is put in is an edit of that file."""
    if ".replace(" not in source and "re.sub(" not in source:
        return
    if not re.search(r"[\"'][wr]\+?[\"']\s*\)|write_text", source) or "write" not in source:
        return
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)][:500]
    named = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    paths: set[str] = set()
    put: list[str] = []
    for call in calls:
        name = ast.unparse(call.func)
        texts = [a.value if isinstance(a, ast.Constant) else named.get(getattr(a, "id", ""), "") for a in call.args]
        if name in ("open", "io.open", "Path", "pathlib.Path") and texts and isinstance(texts[0], str):
            paths.add(texts[0])
        elif (name.endswith(".replace") and len(texts) == 2 and isinstance(texts[1], str)) or (
            name == "re.sub" and len(texts) >= 3 and isinstance(texts[1], str)
        ):
            put.append(texts[1])
    for path in sorted(p for p in paths if p.startswith(("/", "~")))[:5]:
        for content in put[:20]:
            judge.edit(path, content, judge.place(span, 0, len(source)))


def _mark(tainted: dict[str, str], name: str, value: str) -> None:
    kind = _kind(value, tainted)
    if kind:
        tainted[name] = kind
    else:
        tainted.pop(name, None)


def _kind(text: str, tainted: dict[str, str]) -> str:
    if _REDACTS.search(text):
        return ""
    if _SECRET_SOURCE.search(text):
        return "secret"
    if _CASE_SOURCE.search(text):
        return "case"
    return next(
        (
            tainted[n]
            for n in re.findall(r"\b[A-Za-z_]\w*\b", re.sub(r"\"[^\"{]*\"|'[^'{]*'", "", text))
            if n in tainted
        ),
        "",
    )


def _call(
    judge: Judge,
    node: ast.Call,
    text: str,
    tainted: dict[str, str],
    urls: dict[str, str],
    starts: list[int],
    source: str,
    span: tuple[int, int] | None,
) -> None:
    name = (ast.get_source_segment(source, node.func) or "")[:200]
    place = judge.place(
        span,
        starts[max(0, node.lineno - 1)] + node.col_offset,
        starts[max(0, (node.end_lineno or node.lineno) - 1)] + (node.end_col_offset or 0),
    )
    if re.search(r"\.(?:object_versions|objects)\.(?:all\(\)|filter\(\))\.delete$", name):
        judge.found.add(judge.rules.check("bucket-emptied"), *place)
        return
    if not _SENDERS.search(name):
        return
    found = _URL.search(text)
    host = found.group(1) if found else next((urls[n] for n in re.findall(r"\b\w+\b", text) if n in urls), "")
    if not host or _OWN_HOST.search(host):
        return
    kind = _kind(text, tainted)
    if kind:
        judge.found.add(judge.rules.check("sends-secrets-away" if kind == "secret" else "sends-case-away"), *place)
