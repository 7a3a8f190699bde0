"""What a schema cannot see: whether a case and its alert, its rule and its own reference agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from explainer.advice import scan
from explainer.enrich.attack import attack_table
from explainer.errors import ExplainerError
from explainer.evaluation.case import LoadedCase

if TYPE_CHECKING:
    from explainer.equipment import Equipment
    from explainer.schema.alert import Alert

_VERDICT = re.compile(
    r"\bverdict\b\W{0,6}(benign|suspicious|malicious|insufficient[ _]evidence)\b(?![ _]*(?:or|to)\b)", re.IGNORECASE
)
_SECRETS: tuple[tuple[str, str], ...] = (
    ("an AWS access key id", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bgithub_pat_\w{40,}"),
    ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    ("a JSON web token", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    ("an API key", r"\bsk-[A-Za-z0-9_-]{20,}\b|\bAIza[\w-]{35}\b"),
    ("a password in an address", r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/:@]{3,}@"),
)


@dataclass(frozen=True)
class CaseProblem:
    """Something wrong with a case, at ``file:line:column``."""

    where: str
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} ({self.hint})"


def lint_cases(cases: Iterable[LoadedCase]) -> list[CaseProblem]:
    """Everything that is wrong with the cases, in the order of the files."""
    from explainer.client import Explainer

    cases = list(cases)
    problems = list(_repeated(cases))
    with Explainer(backend="knowledge", default_rules=False, cache=False) as explainer:
        for loaded in cases:
            problems += _names(loaded)
            problems += _alert(loaded, explainer.equipment)
            problems += _techniques(loaded)
            problems += _reference(loaded)
            problems += _secrets(loaded)
    return problems


@lru_cache(maxsize=4096)
def name_pattern(name: str) -> re.Pattern[str]:
    """Finds an anchor as a whole name: ``10.0.0.5`` is not in ``10.0.0.51``; ``bash`` is in ``/usr/bin/bash``."""
    before = r"(?<![\w-])" if name[:1].isalnum() else ""
    after = r"(?![\w-]|\.\d)" if name[-1:].isalnum() else ""
    return re.compile(before + re.escape(name) + after)


def _repeated(cases: list[LoadedCase]) -> Iterator[CaseProblem]:
    seen: dict[str, LoadedCase] = {}
    for loaded in cases:
        first = seen.setdefault(loaded.case.id, loaded)
        if first is not loaded:
            yield CaseProblem(loaded.where("id"), f"the id {loaded.case.id} is taken by {first.path}", "rename one")


def _names(loaded: LoadedCase) -> Iterator[CaseProblem]:
    case, path = loaded.case, loaded.path
    if path.stem != case.id:
        yield CaseProblem(loaded.where("id"), f"the file is named {path.name}, the id is {case.id}", "make them equal")
    if path.parent.name != case.family:
        message = f"the folder is named {path.parent.name}, the family is {case.family}"
        yield CaseProblem(loaded.where("family"), message, "make them equal")


def _alert(loaded: LoadedCase, equipment: Equipment) -> Iterator[CaseProblem]:
    from explainer.session import Session

    report = partial(CaseProblem, loaded.where("alert"))
    if not loaded.alert:
        yield report(f"there is no file {loaded.alert_path}, or it is empty", "the path starts below fixtures/")
        return
    session = Session(equipment, [loaded.alert])
    try:
        groups = session.groups()
    except ExplainerError as error:
        yield report(f"the alert cannot be read: {error.message}", "`explainer explain FILE --dry-run` says more")
        return
    if len(groups) != 1:
        what = (
            f"holds {session.alert_count} alerts of {len(groups)} kinds" if groups else session.nothing_found().message
        )
        yield report(f"the file must hold one kind of alert: {what}", "keep one alert a file")
        return
    enriched = equipment.enriched(groups[0])
    text = "\n".join(
        [
            loaded.alert.decode("utf-8", "replace"),
            *_scalars(groups[0].alert),
            *(item.value for item in enriched.evidence if item.kind in {"alert", "rule"}),
        ]
    )
    for number, fact in enumerate(loaded.case.facts):
        for position, name in enumerate(fact.entities):
            if not name.strip() or not name_pattern(name).search(text):
                where = loaded.where("facts", number, "entities", position)
                message = f"{fact.id}: {name!r} stands in neither the alert nor its rule"
                yield CaseProblem(where, message, "anchors are exact")


def _scalars(alert: Alert) -> Iterator[str]:
    waiting: list[Any] = [alert.model_dump(mode="json", exclude={"raw"})]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif value is not None and not isinstance(value, bool):
            yield str(value)


def _techniques(loaded: LoadedCase) -> Iterator[CaseProblem]:
    table = attack_table()
    for kind in ("required", "accepted", "forbidden"):
        for number, identity in enumerate(getattr(loaded.case.mitre, kind)):
            if table.get(identity) is None:
                where = loaded.where("mitre", kind, number)
                yield CaseProblem(where, f"{identity} is not in ATT&CK {table.version}", "see attack.mitre.org")


def _reference(loaded: LoadedCase) -> Iterator[CaseProblem]:
    report = partial(CaseProblem, loaded.where("reference"))
    case = loaded.case
    stated = _VERDICT.search(case.reference)
    if stated is None:
        yield report("the reference states no verdict", "begin with **Verdict: suspicious** or another one")
    elif (value := stated[1].lower().replace(" ", "_")) not in case.verdict.any_of:
        yield report(f"the reference says {value}, the case expects {' or '.join(case.verdict.any_of)}", "make it one")
    for issue in scan(case.reference, "markdown"):
        hint = issue.instead or "a golden report gives no unsafe advice"
        yield report(f"line {issue.line} of the reference advises {issue.cls}: {issue.text!r}", hint)
    for identity in case.mitre.required:
        if not name_pattern(identity).search(case.reference):
            yield report(
                f"the reference does not name {identity}, which the case requires", "name it, or accept it only"
            )
    for identity in case.mitre.forbidden:
        if name_pattern(identity).search(case.reference):
            yield report(f"the reference names {identity}, which the case forbids", "take it out")


def _secrets(loaded: LoadedCase) -> Iterator[CaseProblem]:
    texts = ((loaded.where(), loaded.text), (loaded.where("alert"), loaded.alert.decode("utf-8", "replace")))
    for where, text in texts:
        for what, pattern in _SECRETS:
            if re.search(pattern, text):
                yield CaseProblem(where, f"it seems to hold {what}", "cases and fixtures are invented: shorten it")
