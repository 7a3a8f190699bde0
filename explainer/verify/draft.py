"""From the text that a model sent to a ``Draft``, or to a list of what is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

from explainer.schema.knowledge import STAGES, Cause, Verdict
from explainer.schema.report import Confidence, Draft, DraftAction, DraftClaim

MAX_TEXT = 2000
MAX_ITEMS = 12
"""Items of a list that are read; the rest is named as not read."""
MAX_EXTRA = 4
MAX_SURPLUS = 40
MAX_ANSWER = 300_000
"""Characters; more is no answer, and reading it would cost the reader time."""
_VERDICTS: tuple[str, ...] = get_args(Verdict)
_CONFIDENCES: tuple[str, ...] = get_args(Confidence)
_CAUSES: tuple[str, ...] = get_args(Cause)
_SYNONYMS = {
    "false positive": "benign",
    "true positive": "malicious",
    "harmless": "benign",
    "insufficient evidence": "insufficient_evidence",
    "insufficient data": "insufficient_evidence",
    "insufficient": "insufficient_evidence",
    "inconclusive": "insufficient_evidence",
    "unknown": "insufficient_evidence",
    "needs investigation": "insufficient_evidence",
    "likely benign": "benign",
    "likely malicious": "suspicious",
}


def parse_draft(text: str) -> tuple[Draft | None, list[str]]:
    """Read an answer leniently in form and strictly in meaning.

    Fences, prose around the object, an object inside a string, ids that are not in a list and words for verdicts are
    all forgiven. Nothing is made up: a missing verdict is a problem, not a default.

    Returns:
        The draft, or None with the problems in words that a model can act on.
    """
    if len(text) > MAX_ANSWER:
        return None, [f"it is far too long: {len(text)} characters"]
    candidates = [value for value in _objects(text) if _looks_like_draft(value)]
    if not candidates:
        return None, ["it holds no JSON object with the keys verdict, summary and claims"]
    problems: list[str] = []
    for value in candidates:
        draft, problems = _draft(value)
        if draft is not None:
            return draft, []
    return None, problems


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object that stands at top level in the text, the longest reading first."""
    decoder = json.JSONDecoder()
    position, found = 0, 0
    while found < 5 and (position := text.find("{", position)) >= 0:
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            position += 1
            if position > 20_000:
                return
            continue
        found += 1
        yield from _unwrapped(value)
        position = end
    if not found and (stringified := re.search(r'"((?:[^"\\]|\\.)*\{(?:[^"\\]|\\.)*)"', text[:50_000])):
        try:
            inner = json.loads(stringified[0])
        except ValueError:
            return
        if isinstance(inner, str) and inner != text:
            yield from _objects(inner)


def _unwrapped(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(value, str) and depth < 4 and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if not isinstance(value, dict):
        return
    yield value
    if depth < 4:
        for inner in value.values():
            if isinstance(inner, dict | str) and not _looks_like_draft(value):
                yield from _unwrapped(inner, depth + 1)


def _looks_like_draft(value: dict[str, Any]) -> bool:
    # A schema echoed back also has these words, as property names one level down.
    return "verdict" in value and ("summary" in value or "claims" in value)


def _draft(value: dict[str, Any]) -> tuple[Draft | None, list[str]]:
    problems: list[str] = []
    verdict = _word(value.get("verdict"), _VERDICTS)
    if verdict is None:
        problems.append(f"verdict must be one of {', '.join(_VERDICTS)}")
    summary = _text(value.get("summary"))
    claims = tuple(_claims(value.get("claims")))
    if not summary and not claims:
        problems.append("summary and claims are both empty")
    if problems:
        return None, problems
    return Draft(
        verdict=verdict,
        confidence=_word(value.get("confidence"), _CONFIDENCES) or "low",
        cause=_word(value.get("cause"), _CAUSES),
        summary=summary,
        claims=claims,
        action_ids=tuple(_strings(value.get("action_ids") or value.get("actions"))),
        extra_actions=tuple(_extra(value.get("extra_actions"))),
        unknowns=tuple(_strings(value.get("unknowns"))),
        surplus=tuple(_surplus(value)),
    ), []


def _surplus(value: dict[str, Any]) -> Iterator[str]:
    """Texts of the items behind the last that is read; of very many, their number."""
    found: list[str] = []
    lists = (("claims", MAX_ITEMS), ("unknowns", MAX_ITEMS), ("extra_actions", MAX_EXTRA))
    for name, most in lists:
        items = _items(value.get(name))[most:]
        for item in items:
            parts = item if isinstance(item, dict) else {"text": item}
            texts = (parts.get(key) for key in ("text", "claim", "question", "title", "action", "command"))
            if text := _text([text for text in texts if text is not None]):
                found.append(text)
    yield from found[:MAX_SURPLUS]
    if len(found) > MAX_SURPLUS:
        yield f"{len(found) - MAX_SURPLUS} more items of the answer"


def _word(value: Any, allowed: tuple[str, ...]) -> str | None:
    if isinstance(value, dict):
        value = value.get("value")
    if not isinstance(value, str):
        return None
    word = " ".join(value.lower().replace("_", " ").replace("-", " ").split()).strip(".!\"'")
    word = _SYNONYMS.get(word, word).replace(" ", "_")
    return word if word in allowed else None


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = " ".join(item for item in value if isinstance(item, str))
    if not isinstance(value, str) or value.strip().lower() in {"none", "null", "n/a"}:
        return ""
    return " ".join(value.split())[:MAX_TEXT]


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            parsed = None
        value = parsed if isinstance(parsed, list) else [value]
    return value if isinstance(value, list) else []


def _list(value: Any) -> list[Any]:
    return _items(value)[:MAX_ITEMS]


def _strings(value: Any) -> Iterator[str]:
    for item in _list(value):
        if isinstance(item, dict):
            item = item.get("id") or item.get("text") or item.get("question")
        if text := _text(item):
            yield text


def _claims(value: Any) -> Iterator[DraftClaim]:
    for item in _list(value):
        if isinstance(item, str):
            if text := _text(item):
                yield DraftClaim(text=text, cites=tuple(re.findall(r"\bE\d{1,3}\b", text)))
        elif isinstance(item, dict) and (text := _text(item.get("text") or item.get("claim"))):
            cites = [
                match
                for cite in _strings(item.get("cites") or item.get("evidence"))
                for match in re.findall(r"\bE\d{1,3}\b", cite)
            ]
            yield DraftClaim(text=text, cites=tuple(dict.fromkeys(cites)))


def _extra(value: Any) -> Iterator[DraftAction]:
    for item in _list(value)[:MAX_EXTRA]:
        if isinstance(item, str):
            item = {"title": item}
        if isinstance(item, dict) and (title := _text(item.get("title") or item.get("action"))):
            command = item.get("command")
            stage = item.get("stage")
            yield DraftAction(
                title=title,
                why=_text(item.get("why")),
                # Line breaks are kept: what follows one is a command of its own and must be judged.
                command=command.strip()[:MAX_TEXT]
                if isinstance(command, str) and command.strip() and command.strip().lower() not in {"none", "null"}
                else None,
                stage=stage if stage in STAGES else "investigate",
            )
