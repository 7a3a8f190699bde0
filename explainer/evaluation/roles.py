# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Sentences that give a field of the alert another value: another user, parent, namespace, system call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from explainer.evaluation.commands import is_program
from explainer.evaluation.tables import system_calls
from explainer.schema.alert import Alert
from explainer.verify.vocabulary import ORDINARY, VOCABULARY

_NAME = r"(?P<q>[\"'“‘])?(?P<name>[A-Za-z0-9/_][\w./:@+-]*)"
_END = r"(?=(?P<close>[\"'”’])?(?:[\s,;:).]|$))"
_FOLLOWED = re.compile(
    r"\s*(?:$|[.,;:)(]|(?:is|was|has|had|did|ran|runs?|opened|executed|started|created|read|wrote|loaded|tried|with|in|inside|on|at|from|and|or|which|that|to|as|by|through|via|who)\b)"
)
_ACTED = r"\b(?:ran|runs?|running|opened|executed|started|read|wrote|printed|created|loaded|overwr\w+|launched|connected|spawned|invoked|emptied|cleared|asked|sent|copied|accepted)\b"
_ROLES: tuple[tuple[str, str], ...] = (
    ("user", r"(?<![\w/.-])(?<!service )(?:user(?:name)?|account)(?: name| called| named)?(?:\s*[=:]\s*|\s+)"),
    (
        "user",
        r"\b(?:ran|runs|running|executed|started|opened|acting|logged in|launched|invoked|run)\s+(?:\w+ ){0,2}?as\s+(?:the\s+)?(?:user\s+)?",
    ),
    ("user", _ACTED + r"[^;:]{0,90}?\bas\s+(?:the\s+)?(?:user\s+)?"),
    ("parent", r"\bdirectly (?:below|beneath|under)\s+(?:the\s+)?"),
    ("parent", r"\bcaller (?:is|was)\s+"),
    ("namespace", r"(?<![\w/.-])namespace(?: called| named)?(?:\s*[=:]\s*|\s+)"),
    ("pod", r"(?<![\w/.-])pod(?: called| named)?(?:\s*[=:]\s*|\s+)"),
    ("host", r"(?<![\w/.-])(?:node|host|machine|worker)(?: called| named)?(?:\s*[=:]\s*|\s+)"),
    ("parent", r"\bparent(?: process| of the process)?(?:,| is| was| name| named| called|:| =)?\s+(?:process\s+)?"),
    (
        "parent",
        r"\b(?:child of|(?:spawned|started|launched|forked|invoked|executed) by|descends from)\s+(?:the\s+)?(?:(?:parent|process|user|shell|binary|program)\s+)*",
    ),
    ("image", r"(?<![\w/.-])image(?: called| named)?(?:\s*[=:]\s*|\s+)"),
    ("syscall", r"\b(?:system call|syscall|event type|evt[._]type)(?: is| was| named)?\s*[=:]?\s*"),
    ("uid", r"\b(?:uid|user id)\s*(?:of|is|was|=|:)?\s*"),
    ("port", r"\bports?\s+(?:is |was |= ?|: ?)?"),
    ("container", r"(?<![\w/.-])container(?: id| with id| called| named)?(?:\s*[=:]\s*|\s+)"),
)

_AS_WORDS = frozenset(
    """
    such well far long soon proof evidence expected usual usually usable good bad likely possible normal before
    above below always ever much many high low safe benign malicious suspicious harmless routine input output
    text code data argument arguments parameter option stdin stdout a an one two both it they this that these
    those there if though it's described documented intended designed if-by proc pid uid gid file log logs
    backup alert evidence sample reason cause sign hint clue lead suspect fact rumour such-and-such guest staff
    init entry entrypoint base basis part parts whole rule exception default fallback standard baseline tool
    script shell program binary child parent server client proxy daemon agent human person people somebody
    someone intruder attacker administrator root-cause mail is was he she of to in on at by with for from and or
    not no usual happens peer secret opposed opposed-to often promised planned shown seen told always client
    follows stated
    """.split()  # noqa: SIM905 - prose reads better than quoted words
)
_ENDINGS = (
    "ed",
    "ing",
    "ly",
    "ion",
    "ions",
    "ment",
    "ness",
    "ity",
    "ive",
    "al",
    "ous",
    "ance",
    "ence",
    "ful",
    "able",
    "ible",
    "ure",
    "ist",
    "ism",
    "ship",
    "age",
    "ery",
    "ary",
    "ic",
    "ical",
)
_HINTS = {
    "user": ("user", "User", "account", " as "),
    "namespace": ("namespace",),
    "pod": ("pod", "Pod"),
    "host": ("node", "host", "machine", "worker", "Node", "Host"),
    "parent": ("parent", "Parent", " by ", "child of", "descends"),
    "image": ("image", "Image"),
    "syscall": ("call", "vent type", "evt"),
    "uid": ("uid", "UID", "user id"),
    "port": ("port",),
    "container": ("ontainer",),
}
_CHECKS = tuple(
    (role, re.compile(rf"(?i){lead}{_NAME}{_END}"), (" as ",) if lead.startswith(_ACTED) else _HINTS[role])
    for role, lead in _ROLES
)
_LOOSE = frozenset(
    pattern for (_, pattern, _), (_, lead) in zip(_CHECKS, _ROLES, strict=True) if lead.startswith(_ACTED)
)
_PLAIN = (
    ORDINARY
    | VOCABULARY
    | frozenset(
        """
        alone own owner above below runs group policy names ids unset field fields twin twins still only itself
        already rather neither both too every each metadata directly exec pull start starts started level pool
        itself here there filter substitution status context descriptor hand itself file default
        """.split()  # noqa: SIM905 - prose reads better than quoted words
    )
)


_DETERMINED = re.compile(
    r"(?i)\b(?:the|an?|this|that|these|each|which|what|every|no|any|its|their|same|other|another)\s+(?:\w+\s+)?$"
)
_USUAL_PORTS = frozenset(
    """
    22 53 80 123 443 2375 2376 2379 3306 5432 6379 6443 8080 8443 9090 10250 27017
    """.split()  # noqa: SIM905 - prose reads better than quoted words
)


Check = tuple[str, re.Pattern[str], tuple[str, ...]]
"""Role, pattern, and pieces of text without which the pattern cannot fit."""


@dataclass(frozen=True)
class Roles:
    """The alert's values by role, with every form in which they may be printed."""

    values: dict[str, frozenset[str]]
    raw: str
    everything: frozenset[str]

    @classmethod
    def of(cls, alert: Alert) -> Roles:
        """Collect the values of an alert."""
        user, container, k8s, network = alert.user, alert.container, alert.k8s, alert.network
        parents = alert.ancestors
        every = [p for p in (alert.process, *parents) if p is not None]
        values = {
            "user": _forms(
                *(
                    (user.name, user.loginname, user.principal, user.impersonated, user.uid, user.loginuid)
                    if user
                    else ()
                )
            ),
            "uid": _forms(
                *((user.uid, user.loginuid, *(("-1", "4294967295") if user.loginuid is None else ())) if user else ())
            ),
            "namespace": _forms(k8s.namespace if k8s else None, alert.api.namespace if alert.api else None),
            "pod": _forms(*((k8s.pod, k8s.workload) if k8s else ())),
            "host": _forms(alert.host.hostname, k8s.node if k8s else None, *alert.host.ip),
            "parent": _forms(
                *(x for p in parents for x in (p.name, p.exepath, p.cmdline, p.exe, p.sname)), *(p.sname for p in every)
            ),
            "image": _forms(
                *((container.image, container.repository, container.tag, container.digest) if container else ())
            ),
            "container": _forms(
                *(
                    (container.id, container.full_id, container.name, container.image, container.repository)
                    if container
                    else ()
                )
            ),
            "syscall": _forms(alert.syscall, alert.fields.get("evt.type"), alert.fields.get("syscall.type")),
            "port": _forms(*((network.src_port, network.dst_port) if network else ())),
        }
        return cls(
            {role: found for role, found in values.items() if found}, alert.raw, frozenset().union(*values.values())
        )

    def checks(self, lowered: str) -> tuple[Check, ...]:
        """What can be checked in a text at all: the alert tells the role, and the text speaks of it.

        Args:
            lowered: the whole text in lower case.
        """
        return tuple(
            check
            for check in _CHECKS
            if self.values.get(check[0]) and any(hint.lower() in lowered for hint in check[2])
        )

    def wrong(
        self, sentence: str, checks: tuple[Check, ...], marked: frozenset[str] = frozenset()
    ) -> Iterator[tuple[str, str, str]]:
        """Role, value that the sentence gives, and the alert's values, for each contradiction.

        Args:
            sentence: plain text.
            checks: from ``checks``.
            marked: what the text prints as code, which is a name even when it looks like a word.
        """
        for role, pattern, hints in checks:
            known = self.values[role]
            for hint in hints:
                if hint in sentence:
                    break
            else:
                continue
            # Only the long form begins far before its hint.
            begin = 0 if pattern in _LOOSE else max(0, sentence.find(hint) - 16)
            for match in pattern.finditer(sentence, begin):
                said = match["name"].rstrip(".:-/")
                if not _is_name(match, said, sentence, role, marked) or said in known or said.lower() in known:
                    continue
                if said.rsplit("/", 1)[-1] in known or (
                    len(said) >= 12 and any(v.startswith(said[:12]) for v in known)
                ):
                    continue
                if role == "image" and said.split(":")[0] in known:
                    continue
                if (role == "container" and said in self.everything) or (role == "port" and said in self.raw):
                    continue
                yield role, said, ", ".join(sorted((v for v in known if "/" not in v or len(known) < 3), key=len)[:3])


def _is_name(match: re.Match[str], said: str, sentence: str, role: str, marked: frozenset[str]) -> bool:
    if role == "uid":
        return said.isdigit()
    if role == "port":
        return said.isdigit() and said not in _USUAL_PORTS
    if (role != "parent" and is_program(said)) or re.fullmatch(r"v?\d+(?:\.\d+)+", said):
        return False
    if said.isdigit():
        return False
    if role == "syscall":
        return "_" in said or said in marked or said in system_calls()
    lower = said.lower()
    if lower in _PLAIN or lower.endswith(("ing", "ed", "ly", "'s")) or len(said) < 2:
        return False
    if role in {"image", "container", "host"}:
        # Nouns follow these words all the time: only what looks like a name counts.
        return any(char.isdigit() for char in said) or "/" in said
    if any(char.isdigit() for char in said) or any(char in said for char in "_/:@"):
        return True
    if "-" in said:
        return not said.endswith("s") and _FOLLOWED.match(sentence, match.end("name")) is not None
    if said in marked:
        return True
    if match.re in _LOOSE:
        return (
            re.fullmatch(r"[a-z][a-z0-9_]{2,}", said) is not None
            and lower not in _AS_WORDS
            and not lower.endswith(_ENDINGS)
            and _FOLLOWED.match(sentence, match.end("name")) is not None
        )
    if role == "parent":
        if re.search(r"\b(?:is|was) (?:the|its|their) $", sentence[: match.start()]):
            return False
        return said.islower() and _FOLLOWED.match(sentence, match.end("name")) is not None
    # In "the user intends" a verb follows; in "as user lena" a name does.
    return (
        said.islower()
        and not _DETERMINED.search(sentence[: match.start()])
        and _FOLLOWED.match(sentence, match.end("name")) is not None
    )


def _forms(*items: object) -> frozenset[str]:
    found: set[str] = set()
    for item in items:
        if item is None or item == "":
            continue
        text = str(item)
        found |= {text, text.lower()}
        found.update(part for part in re.split(r"[\s/:@]+", text) if part)
    return frozenset(found)
