"""What stands between an explanation and a model that is somewhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar

from explainer.errors import RedactionRefused
from explainer.redaction.harvest import harvest
from explainer.redaction.policy import Policy
from explainer.redaction.standins import NOTE, Standins
from explainer.redaction.sweep import Residue, sweep
from explainer.schema.alert import Alert
from explainer.schema.enriched import EnrichedAlert
from explainer.schema.exchange import Message
from explainer.schema.prompt import BuiltPrompt
from explainer.schema.record import Record
from explainer.schema.report import Claim, Draft

R = TypeVar("R", bound=Record)


class Guard:
    """Stand-ins for one explanation, and the last look at what is sent.

    Args:
        enriched: the alert, its secrets masked already, with everything that is known about it.
        policy: what is replaced and what stays.
        secrets: those that were masked: none of them may be in what is sent.
    """

    def __init__(self, enriched: EnrichedAlert, policy: Policy, secrets: frozenset[str] = frozenset()) -> None:
        self.policy = policy
        self._secrets = secrets
        texts = list(dict.fromkeys(_texts(enriched)))
        values = dict.fromkeys(e.value for e in enriched.evidence if e.kind == "alert")
        written = (text for text in texts if text not in values)
        self.known = harvest(enriched.alert, values, written, policy)
        self.standins = Standins(self.known, "\x00".join(texts), _words(enriched.alert))
        self.enriched = self._concealed(enriched, texts)
        """The same without identities."""

    def _concealed(self, enriched: EnrichedAlert, texts: list[str]) -> EnrichedAlert:
        put = dict(zip(texts, self.standins.conceal(texts), strict=True))

        def claims(of: tuple[Claim, ...]) -> tuple[Claim, ...]:
            return tuple(_with(claim, text=put[claim.text]) for claim in of)

        alert, rule = enriched.alert, enriched.rule
        if alert.rule.name and put[alert.rule.name] != alert.rule.name:
            alert = alert.model_copy(update={"rule": alert.rule.model_copy(update={"name": put[alert.rule.name]})})
        if rule is not None and rule.description:
            rule = _with(rule, description=put[rule.description])
        return enriched.model_copy(
            update={
                "alert": alert,
                "rule": rule,
                "entry": put[enriched.entry] if enriched.entry else enriched.entry,
                "meaning": put.get(enriched.meaning, enriched.meaning),
                "assessment": _with(enriched.assessment, reason=put[enriched.assessment.reason]),
                "evidence": tuple(
                    _with(e, path=put[e.path], value=put[e.value], why=put[e.why]) if e.kind != "knowledge" else e
                    for e in enriched.evidence
                ),
                "hypotheses": tuple(
                    h.model_copy(
                        update={
                            "title": put[h.title],
                            "explain": put[h.explain],
                            "supports": claims(h.supports),
                            "against": claims(h.against),
                        }
                    )
                    for h in enriched.hypotheses
                ),
                "actions": tuple(_with(a, title=put[a.title]) for a in enriched.actions),
                "unknowns": tuple(_with(u, question=put[u.question]) for u in enriched.unknowns),
            }
        )

    def noted(self, prompt: BuiltPrompt) -> BuiltPrompt:
        """The prompt, with a sentence for the model when it will read stand-ins."""
        if not len(self.standins):
            return prompt
        first, *rest = prompt.messages
        told = Message(role=first.role, content=f"{first.content}\n\n{NOTE}")
        return prompt.model_copy(update={"messages": (told, *rest)})

    def restored(self, draft: Draft) -> Draft:
        """A draft in which the stand-ins are real names again; in commands, quoted for the shell."""
        back = self.standins.restore
        return draft.model_copy(
            update={
                "summary": back(draft.summary),
                "claims": tuple(_with(claim, text=back(claim.text)) for claim in draft.claims),
                "unknowns": tuple(back(text) for text in draft.unknowns),
                "extra_actions": tuple(
                    action.model_copy(
                        update={
                            "title": back(action.title),
                            "why": back(action.why),
                            "command": action.command and self.standins.restore_command(action.command),
                        }
                    )
                    for action in draft.extra_actions
                ),
            }
        )

    def check(self, wire: bytes, instructions: str = "") -> None:
        """Look at the very bytes that would leave.

        Args:
            wire: the body of the request.
            instructions: what in it nobody but us wrote, so that a word of it is no name.

        Raises:
            RedactionRefused: something is left in them; says of which kind, never what.
        """
        ids = " ".join(action.id for action in self.enriched.actions)
        own = _own_words(instructions) | _own_words(ids)
        found = sweep(wire, self.enriched.alert, self.policy, self.known, self._secrets, own, _own_lines(instructions))
        if found:
            raise RedactionRefused(
                f"{_counted(found)} would have left in clear",
                hint="add what it is to the redaction policy, or use --no-redact for an endpoint of your own",
            )

    @property
    def summary(self) -> str:
        """For the report's provenance: the policy and how much it replaced."""
        return f"{self.policy.ref}: {len(self.standins)} identities replaced, {len(self._secrets)} secrets masked"


@lru_cache(maxsize=64)
def _own_words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{3,}", f"{text} {NOTE} {_SCHEMA}".lower()))


@lru_cache(maxsize=64)
def _own_lines(text: str) -> frozenset[str]:
    # The template's syntax stands on lines of its own, so the others are sent as they are.
    return frozenset(line for line in f"{text}\n{NOTE}".split("\n") if len(line) > 20 and "{" not in line)


# Of the answer's schema.
_SCHEMA = (
    "type object properties claims text cites required additional verdict confidence summary action ids array items "
    "enum max length anyof null cause extra actions title why command stage unknowns strict json schema response "
    "format name messages "
    "role content system user assistant model temperature seed tokens max draft low medium high"
)


def _counted(found: list[Residue]) -> str:
    kinds: dict[str, int] = {}
    for residue in found:
        kinds[residue.kind] = kinds.get(residue.kind, 0) + 1
    return ", ".join(f"{number} x {kind}" for kind, number in sorted(kinds.items()))


def _with(record: R, **texts: str) -> R:
    changed = {name: text for name, text in texts.items() if getattr(record, name) != text}
    return record.model_copy(update=changed) if changed else record


def _texts(enriched: EnrichedAlert) -> Iterator[str]:
    """Everything that a prompt is made of, as far as an alert or a site's own files may have put something into it."""
    if enriched.alert.rule.name:
        yield enriched.alert.rule.name
    if enriched.rule is not None and enriched.rule.description:
        yield enriched.rule.description
    yield from (text for text in (enriched.meaning, enriched.entry) if text)
    yield enriched.assessment.reason
    for e in enriched.evidence:
        if e.kind != "knowledge":
            yield from (e.path, e.value, e.why)
    for h in enriched.hypotheses:
        yield from (h.title, h.explain)
        yield from (claim.text for claim in (*h.supports, *h.against))
    yield from (a.title for a in enriched.actions)
    yield from (u.question for u in enriched.unknowns)


def _words(alert: Alert) -> Iterator[str]:
    """Names of programs: a host called ``nginx`` must not turn the process nginx into a host."""
    for process in (alert.process, *alert.ancestors):
        if process is not None:
            for text in (process.name, process.exe, process.exepath):
                if text:
                    yield text.rsplit("/", 1)[-1].partition(" ")[0]
    for name, value in alert.fields.items():
        if name.startswith(
            ("proc.aname", "proc.pname", "proc.name", "proc.exe", "proc.aexe", "proc.pexe")
        ) and isinstance(value, str):
            yield value.rsplit("/", 1)[-1].partition(" ")[0]
        elif name.endswith("cmdline") and isinstance(value, str):
            yield value.partition(" ")[0].rsplit("/", 1)[-1]
