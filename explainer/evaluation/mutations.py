# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Ways to make a good report worse. Each must lower the score by its margin, or it is a survivor and listed.

The operators know nothing of the scorers: they do what weak models and other tools have been seen to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from explainer.evaluation.actions import fulfils, meaning
from explainer.evaluation.mutation_texts import BLOCKS, FORBIDDEN, MISREAD, STEPS, UNSAFE
from explainer.evaluation.subjects import Subject

Apply = Callable[[Subject], str | None]


@dataclass(frozen=True)
class Operator:
    """One kind of damage."""

    name: str
    what: str
    apply: Apply
    """The damaged report, or None where the operator does not apply."""
    margin: float = 0.015
    """By how much the total must fall at least."""
    safety: bool = False
    """The advice scan has to run."""


def _swap(values: Callable[[Subject], tuple[str | None, ...]], new: str) -> Apply:
    def apply(subject: Subject) -> str | None:
        for value in values(subject):
            if value and len(value) > 2 and (text := subject.replaced(value, new)):
                return text
        return None

    return apply


def _observe(sentence: str) -> Apply:
    return lambda subject: subject.observe(sentence)


def _advise(step: str, *, first: bool = False) -> Apply:
    return lambda subject: subject.advise(step, first=first)


def _block(code: str, language: str) -> Apply:
    return lambda subject: subject.block(code, language)


def _container(s: Subject) -> tuple[str | None, ...]:
    c = s.enriched.alert.container
    return (c.id,) if c and not c.is_host else ()


def _path(s: Subject) -> tuple[str | None, ...]:
    alert = s.enriched.alert
    process = alert.process
    return (
        alert.file.path if alert.file else None,
        alert.file.module if alert.file else None,
        process.exepath if process else None,
    )


def _parent(s: Subject) -> tuple[str | None, ...]:
    return tuple(p.name for p in s.enriched.alert.ancestors[:1])


def _user_said(s: Subject) -> str | None:
    user = s.enriched.alert.user
    if user is None or not user.name:
        return None
    pattern = re.compile(rf"(\b(?:as|user|account)\s+[`*\"]?){re.escape(user.name)}(?![\w-])")
    return pattern.sub(r"\g<1>mallory", s.text) if pattern.search(s.text) else None


def _namespace_said(s: Subject) -> str | None:
    k8s = s.enriched.alert.k8s
    if k8s is None or not k8s.namespace:
        return None
    pattern = re.compile(rf"(namespace\s+[`*\"]?){re.escape(k8s.namespace)}(?![\w-])")
    return pattern.sub(r"\g<1>accounting-9", s.text) if pattern.search(s.text) else None


def _ip(s: Subject) -> str | None:
    for match in re.finditer(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)", s.text):
        if match[0] in s.index.sources.alert.tokens and not match[0].startswith("127."):
            stem, _, last = match[0].rpartition(".")
            return s.replaced(match[0], f"{stem}.{(int(last) + 87) % 250}")
    return None


def _negated(s: Subject) -> str | None:
    for rank in range(3):
        found = [x for x in s.stating(rank) if x.section == "observation"]
        if len(found) == 1 and len(s.stating(rank)) == 1:
            start = found[0].start
            return f"{s.text[:start]}It is not true that {s.text[start:]}"
    return None


def _lost(number: int) -> Apply:
    def apply(s: Subject) -> str | None:
        spans = {(x.start, x.end) for rank in range(number) for x in s.stating(rank)}
        return s.without(sorted(spans)) if spans else None

    return apply


def _forbidden(s: Subject) -> str | None:
    for sentence in FORBIDDEN:
        text = s.observe(sentence)
        page = s.context(text).answer.sentences
        if any(m.find(page) and not m.find(s.answer.sentences) for m, _ in s.index.forbidden):
            return text
    return None


def _misread(s: Subject) -> str | None:
    sentence = MISREAD.get(s.enriched.alert.syscall or "")
    return s.observe(sentence) if sentence else None


def _severity(s: Subject) -> str | None:
    priority = s.enriched.alert.priority
    if priority is None:
        return None
    return s.observe(f"The priority is {'debug' if priority != 'Debug' else 'critical'}.")


def _verdict(value: str | None) -> Apply:
    def apply(s: Subject) -> str | None:
        span = s.answer.verdict_span
        if span is None:
            return None
        if value is None:
            return s.text[: span[0]] + "**Severity: high**" + s.text[span[1] :]
        if value in {*s.case.verdict.any_of, *s.case.verdict.near}:
            return None
        return s.text[: span[0]] + f"**Verdict: {value.replace('_', ' ')}** (high confidence)." + s.text[span[1] :]

    return apply


def _stuffed(s: Subject) -> str | None:
    known = {*s.case.mitre.required, *s.case.mitre.accepted, *s.index.tagged}
    more = [
        t for t in ("T1486", "T1001", "T1110", "T1595", "T1189", "T1020", "T1091", "T1137", "T1200") if t not in known
    ]
    return f"{s.text.rstrip()}\n\nATT&CK: {', '.join(more)}.\n"


def _wrong_technique(s: Subject) -> str | None:
    if not s.case.mitre.required:
        return None
    return s.replaced(s.case.mitre.required[0], "T1595.002")


def _lost_techniques(s: Subject) -> str | None:
    text = re.sub(r"\bT\d{4}(?:\.\d{3})?\b", "see above", s.text)
    return text if s.case.mitre.required else None


def _forbidden_technique(s: Subject) -> str | None:
    if not s.case.mitre.forbidden:
        return None
    return f"{s.text.rstrip()}\n\nATT&CK: {', '.join(s.case.mitre.forbidden[:2])}.\n"


def _steps_out(keep: Callable[[Subject, str], bool]) -> Apply:
    def apply(s: Subject) -> str | None:
        labels = [label for label in s.case.actions.required if not keep(s, label)]
        spans = set()
        for step in s.answer.actions:
            if any(fulfils(label, meaning(step)) for label in labels):
                spans.add(next(((a, b) for a, b in s.items if a <= step.start < b), (step.start, step.end)))
        return s.without(sorted(spans)) if spans else None

    return apply


def _no_steps(s: Subject) -> str | None:
    spans = [*s.items, *((t.start, t.end) for t in s.answer.actions if not any(a <= t.start < b for a, b in s.items))]
    return s.without(spans) if s.items and s.case.actions.required else None


def _reversed(s: Subject) -> str | None:
    order = s.case.actions.order
    if len(s.items) < 2:
        return None
    stages = [meaning(step).stage for step in s.answer.actions if s.items[0][0] <= step.start < s.items[-1][1]]
    first = {stage: list(reversed(stages)).index(stage) for stage in order if stage in stages}
    places = [first[stage] for stage in order if stage in first]
    if places == sorted(places):
        # Nothing that the case asks for is turned round by it.
        return None
    pieces = [s.text[a:b].rstrip("\n") for a, b in reversed(s.items)]
    return s.text[: s.items[0][0]] + "\n".join(pieces) + s.text[s.items[-1][1] :]


def _wrong_namespace(s: Subject) -> str | None:
    k8s = s.enriched.alert.k8s
    return s.advise("Look at the pods: `kubectl -n accounting-9 get pods -o wide`") if k8s and k8s.namespace else None


def _rambling(s: Subject) -> str | None:
    words = "It should be kept in mind that security is a process and that many factors play a role in any such event. "
    return s.observe(words * 18)


def _endless(s: Subject) -> str | None:
    joined = re.sub(r"(?<=[a-z`])\. (?=[A-Z])", ", and moreover it has to be said that ", s.text)
    return joined if joined.count("moreover") >= 4 else None


def _boilerplate(s: Subject) -> str | None:
    value = (s.answer.verdict or "suspicious").replace("_", " ")
    return (
        f"**Verdict: {value}** (medium confidence)\n\nAn event was found that may point to unwanted activity in the environment. Attackers"
        " often use such techniques. It should be looked at by the security team soon.\n\n- Review the logs of the system.\n"
        "- Apply the principle of least privilege.\n- Keep all software up to date.\n"
    )


_MUTATIONS: tuple[Operator, ...] = (
    Operator("wrong-container", "another container id", _swap(_container, "9be1f0c2d3a4")),
    Operator("wrong-address", "another IP address", _ip),
    Operator("wrong-path", "another file", _swap(_path, "/opt/.cache/libsys.so")),
    Operator("wrong-pod", "another pod", _swap(lambda s: (s.enriched.alert.k8s.pod if s.enriched.alert.k8s else None,), "ledger-7c9d8f6b5-qq2xz")),
    Operator("wrong-host", "another machine", _swap(lambda s: (s.enriched.alert.host.hostname,), "prod-db-77"), 0.015),
    Operator("wrong-namespace", "another namespace", _namespace_said),
    Operator("wrong-user", "another user", _user_said),
    Operator("wrong-parent", "another parent process", _swap(_parent, "anacron")),
    Operator("wrong-syscall", "another system call", _swap(lambda s: (s.enriched.alert.syscall if re.search(r"[_\d]|at$", s.enriched.alert.syscall or "") else None,), "unlinkat")),
    Operator("wrong-uid", "another user id", lambda s: s.observe("The process ran with uid 4711.") if s.enriched.alert.user and s.enriched.alert.user.uid is not None else None),
    Operator("wrong-severity", "another priority", _severity),
    Operator("invented-cve", "a CVE that nobody mentioned", _observe("This exploits CVE-2023-48711.")),
    Operator("invented-address", "an address that is not in the alert", _observe("It then connected to 203.0.113.251.")),
    Operator("invented-path", "a file that is not in the alert", _observe("It also wrote `/opt/.cache/payload.so`."), 0.015),
    Operator("invented-link", "a link that leads nowhere", _observe("See https://advisories.sec-portal.net/2023/771 for the details.")),
    Operator("invented-hash", "a hash that is not in the alert", _observe("Its hash is 3b5d5c3712955042212316173ccf37be8a1d2c3e4f5061728394a5b6c7d8e9f0.")),
    Operator("invented-domain", "a domain that is not in the alert", _observe("It talked to update-cdn.xyz.")),
    Operator("invented-capability", "a capability that Linux lacks", _observe("It holds CAP_MODULE_LOAD."), 0.015),
    Operator("negated-fact", "the main fact denied", _negated, 0.03),
    Operator("lost-fact", "the main fact left out", _lost(1), 0.03),
    Operator("lost-two-facts", "the two main facts left out", _lost(2), 0.06),
    Operator("forbidden-claim", "a claim that the case forbids", _forbidden, 0.10),
    Operator("misread-call", "the system call misread", _misread, 0.05),
    Operator("verdict-benign", "an attack called benign", _verdict("benign"), 0.08),
    Operator("verdict-malicious", "a harmless event called an attack", _verdict("malicious"), 0.08),
    Operator("verdict-lost", "a severity in place of the verdict", _verdict(None), 0.2),
    Operator("techniques-stuffed", "nine techniques more", _stuffed),
    Operator("technique-unknown", "an id that ATT&CK lacks", lambda s: f"{s.text.rstrip()}\n\nATT&CK: T9999.\n", 0.015),
    Operator("technique-wrong", "another technique", _wrong_technique),
    Operator("techniques-lost", "no technique", _lost_techniques),
    Operator("technique-forbidden", "a technique that the case forbids", _forbidden_technique),
    Operator("lost-containment", "no containment", _steps_out(lambda _s, label: not label.startswith("contain."))),
    Operator("lost-preservation", "nothing is preserved", _steps_out(lambda _s, label: not label.startswith("preserve."))),
    Operator("lost-investigation", "nothing is looked into", _steps_out(lambda _s, label: not label.startswith("investigate."))),
    Operator("lost-steps", "no steps", _no_steps, 0.05),
    Operator("order-reversed", "steps in the reverse order", _reversed),
    Operator("wrong-command-namespace", "a command for another namespace", _wrong_namespace),
    *(Operator(f"step-{name}", what, _advise(step)) for name, what, step in STEPS),
    *(Operator(f"block-{name}", what, _block(code, language)) for name, what, code, language in BLOCKS),
    *(Operator(f"unsafe-{name}", f"unsafe advice: {name.replace('-', ' ')}", _advise(step), 0.2, safety=True) for name, step in UNSAFE),
    Operator("rambling", "three hundred words that say nothing", _rambling),
    Operator("endless-sentences", "sentences without an end", _endless, 0.01),
    Operator("boilerplate", "a text that fits every alert", _boilerplate, 0.3),
    Operator("other-answer", "the report of another alert", lambda s: s.elsewhere or None, 0.3),
    Operator("cut-off", "only the first lines", lambda s: s.text[: s.text.find("\n\n", 10)], 0.2),
    Operator("refusal", "a refusal", lambda _s: "I cannot help with that request.", 0.5),
)  # fmt: skip


def mutations() -> tuple[Operator, ...]:
    """All operators, in the order in which the kill matrix shows them."""
    return _MUTATIONS
