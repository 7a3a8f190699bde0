"""Sentences that name only true things and still say what the alert's fields deny, or do not tell."""

from __future__ import annotations

import ipaddress
import re

from explainer.schema.alert import Alert
from explainer.schema.knowledge import Verdict


def _phrases(*alternatives: str) -> re.Pattern[str]:
    """Whole words or phrases, in any case."""
    return re.compile(r"(?i)\b(?:" + "|".join(alternatives) + r")\b")


_HEDGED = _phrases(
    "may|might|could|would|can|cannot|if|whether|unless|possibl[ey]|potential(?:ly)?|unknown|unclear",
    "not (?:known|clear|shown|stated|proven|confirmed)",
    "no (?:evidence|proof|sign|indication)",
    "does not (?:say|tell|show|prove|mean)",
    "attempt(?:ed|s|ing)?|tried|tries|trying|verify|check",
)
# "It can be ignored" is no hedge, "it could be ignorance" is one.
_DOUBTED = _phrases(
    "may|might|could|if|whether|unless|possibl[ey]|potential(?:ly)?|unknown|unclear|cannot",
    "not (?:known|clear|shown|stated|proven|confirmed)",
    "no (?:evidence|proof|sign|indication)",
    "does not (?:say|tell|show|prove|mean)",
)
_NEGATED = re.compile(r"(?i)\b(?:not|nothing|nobody|none|never|no|without|neither|nor|non)\b|n't\b")
# Outcomes that the act alone does not prove: a sensor that saw the call has not seen its result.
_STRONG_SUCCESS = _phrases(
    "success(?:ful(?:ly)?)?|succeed(?:ed|s)|compromis(?:ed|es)|exfiltrat(?:ed|es)|stole|stolen|steals",
    "breach(?:ed)?|infected|hacked|took over|taken over|exploited",
    "gain(?:ed|s) (?:root|access|control)",
    "escap(?:ed|es) (?:the|from|to)",
)
_SUCCESS = _phrases(
    "success(?:ful(?:ly)?)?|succeed(?:ed|s)|went through|took effect|worked",
    "(?:was|were|has been|have been|got|is now) (?:loaded|installed|written|read|created|deleted|opened|executed"
    "|changed|modified|established|attached|injected)",
)
# "insmod loaded the module" states success as much as "was loaded" does; "the module being loaded" does not.
_ACTIVE = re.compile(
    r"(?i)(?<!being )(?<!be )(?<!get )\b(?:loaded|installed|injected|attached) (?:the|a|an|its|to|into)\b"
)
_PLAIN_SUCCESS = re.compile(r"(?i)success|succeed")
_CONNECTED = _phrases(
    "(?:is|are|was|were|got|has been) (?:now )?connected to",
    "(?:connection|session) (?:is|was) (?:open|up|established)",
)
_RAN = re.compile(r"(?i)(?<!\w)/\S+ (?:was|were|has been|got) (?:\w+ )?(?:run|executed|started|launched)\b")
_TERMINAL = re.compile(r"(?i)\b(?:terminal|tty)\b[\w ,]{0,40}? (?:was|is|were) (?:also )?attached")
_LASTING = re.compile(r"(?i)\b(?:loaded|installed|injected|success|succeed|attached)")
_FAILURE = _phrases("fail(?:ed|s|ure)?|unsuccessful(?:ly)?", "was (?:blocked|denied|prevented|rejected|refused)")
_BLOCKED = _phrases(
    "(?:was|were|has been|is) (?:blocked|denied|prevented|stopped|quarantined)",
    "falco (?:blocked|prevented|stopped|denied|killed)",
)
_BLOCKED_BY_SENSOR = _phrases(
    "falco (?:blocked|prevented|stopped|denied|killed)", "quarantined", "by (?:falco|the sensor)"
)
_ROOT = _phrases("as root|root user|user root|uid 0|with root privileges", "by (?:the )?root(?: user)?")
_ROOT_DENIED = re.compile(
    r"(?i)(?:\b(?:not|never|unlikely|nobody|without)\b|n't\b)[^,;]{0,40}?\b(?:as |by |with )?(?:the )?root\b"
)
_NON_ROOT = _phrases("non-root|unprivileged user|ordinary user|regular user", "not (?:as |by )?root")
_ON_HOST = _phrases(
    "directly on the host|on the host itself|not containeri[sz]ed",
    "outside (?:of )?(?:a|any|the) container",
    "not in(?:side)? (?:a|any) container",
)
_IN_CONTAINER = _phrases(r"(?:in(?:side)?|within|from) (?:a|the) (?:\w+ ){0,2}container")
_INTERACTIVE = _phrases(
    "interactive(?:ly)? (?:shell|session|terminal|user|log-?in)",
    "attached terminal|ha(?:s|d|ve) an? (?:attached |open )?(?:tty|terminal)|(?:terminal|tty) (?:is|was) "
    "attached|with a (?:tty|terminal)|typed|by hand|manually",
)
_NOT_INTERACTIVE = _phrases("non-interactive(?:ly)?|not interactive|no (?:tty|terminal)|without a (?:tty|terminal)")
_LEVEL = "informational|low|medium|high|critical|fatal|warning|notice|error|debug|emergency"
_SEVERITY = re.compile(
    rf"(?i)\b({_LEVEL})[- ](?:severity|priority)\b"
    rf"|\b(?:severity|priority)(?: level)?(?: of| is| as|:)? [\"'`]?({_LEVEL})\b"
)
_PEER = "address|ip|host|server|destination|endpoint|peer"
_EXTERNAL = re.compile(rf"(?i)\b(?:external|public|internet|remote attacker'?s?)\b[^.]{{0,40}}?\b(?:{_PEER})\b")
_INTERNAL = _phrases(f"(?:internal|private|loopback|local) (?:{_PEER}|network)")
_CLEARED = _phrases(
    "false positive|nothing to worry",
    "no (?:further )?(?:action|investigation) (?:is )?(?:needed|required|necessary)",
    "(?:can|may|should) (?:safely )?be (?:safely )?(?:ignored|closed|dismissed)",
    "safe(?:ly)? to (?:ignore|close|dismiss)",
    "(?:is|was|are|were) (?:an? |the )?(?:completely |entirely |definitely |clearly |perfectly )?"
    "(?:benign|harmless|safe|legitimate|authori[sz]ed|trusted|trustworthy|genuine)",
    "not (?:a )?(?:threat|malicious|suspicious)",
)
# Where the evidence points to an attack, "no sign of an attack" is no honest doubt.
_NO_SIGN = re.compile(
    r"(?i)\b(?:no (?:\w+ )?(?:evidence|sign|signs|indication|hint|proof) (?:of|that|for)"
    r"|nothing (?:in the alert )?(?:suggests?|indicates?|shows?|points? to))\b"
    r".{0,40}?\b(?:attack\w*|malicious|hostile|intrusion|intruder|compromise|harm\w*|threat|abuse|misuse|suspicious)\b"
)
_CLOSING = re.compile(r"(?i)ignore|close|dismiss|no (?:further )?(?:action|investigation)")
_CONDEMNED = _phrases(
    "is (?:definitely |clearly |certainly )?(?:malicious|an attack|malware|a rootkit|a compromise)",
    "(?:has|have) been (?:compromised|attacked|breached)",
    "confirmed (?:attack|compromise|intrusion|malicious)",
    "indicates? (?:a )?(?:successful|confirmed)",
)
_VULNERABILITY = _phrases("(?:a|the|this|potential|security) vulnerabilit(?:y|ies)")
# One alert is one moment on one machine: what is usual there, what went before and what others did is not in it.
_HERE = (
    r"(?:(?:this|the|that|these|our|its) (?:\w+ )?(?:host|node|machine|server|pod|container|cluster"
    r"|namespace|environment|user|account|system|team|site)|here)"
)
_HABIT = re.compile(
    rf"(?i)\b(?:usual(?:ly)?|normal(?:ly)?|typical(?:ly)?|common(?:ly)?|regular(?:ly)?|routine(?:ly)?|often"
    rf"|always|frequently|ordinary|expected)\b"
    rf"(?! of| sign| pattern| way)[\w ]{{0,24}}?\b(?:on|for|in|at|of) {_HERE}\b"
)
_ELSEWHERE = re.compile(
    r"(?i)\b(?:(?:many|several|multiple|various|all|more|numerous) (?:other |more |of the )?|(?:other|further"
    r"|additional) )(?:\w+ )?"
    r"(?:pods|nodes|hosts|machines|containers|users|accounts|systems|clusters|servers|workloads|namespaces)\b"
)
_HISTORY = re.compile(
    r"(?i)\b(?:again|once more|previously|earlier|repeatedly|for the (?:first|second|third|last) time"
    r"|several times|many times"
    r"|still (?:runs?|running|active|there|present|open)|meanwhile|ever since|since then|(?:in|at"
    r"|of) the (?:past|time before))\b"
    r"|\b(?:before|later|afterwards|after that|since)$"
)
_PRIORITY_WORDS = {"Alert": "fatal"}


def contradiction(sentence: str, alert: Alert) -> str | None:
    """Why the alert denies the sentence, or does not tell what it states as a fact; None when it may stand."""
    hedged = _HEDGED.search(sentence) is not None
    negated = _NEGATED.search(sentence) is not None
    for check in (_outcome, _identity, _place, _terminal, _severity, _address):
        if reason := check(sentence, alert, hedged, negated):
            return reason
    if not hedged:
        if _HABIT.search(sentence):
            return "the alert does not tell what is usual there"
        if _ELSEWHERE.search(sentence):
            return "the alert is of one place and tells nothing of others"
        if _HISTORY.search(sentence.strip(" .")) and alert.count < 2:
            return "the alert is of one moment and tells nothing of others"
    if _VULNERABILITY.search(sentence) and not hedged:
        return "the alert shows behaviour, not a vulnerability"
    return None


def hedged(sentence: str) -> bool:
    """Whether the sentence says that something may be, is open or is not so, rather than that it happened."""
    return _HEDGED.search(sentence) is not None or _NEGATED.search(sentence) is not None


def overclaims(sentence: str, verdict: Verdict) -> str | None:
    """The reason why a sentence concludes more than the verdict does, or None."""
    if verdict in {"suspicious", "malicious"} and _NO_SIGN.search(sentence):
        return f"it clears the alert, and the verdict is {verdict}"
    if _DOUBTED.search(sentence):
        return None
    if verdict != "benign" and _CLEARED.search(sentence):
        return f"it clears the alert, and the verdict is {verdict}"
    if verdict == "benign" and _CLEARED.search(sentence) and _CLOSING.search(sentence):
        return "it closes the alert, which is for a person or a playbook to decide"
    if verdict != "malicious" and _CONDEMNED.search(sentence) and not _NEGATED.search(sentence):
        return f"it states an attack as a fact, and the verdict is {verdict}"
    return None


def _outcome(sentence: str, alert: Alert, hedged: bool, negated: bool) -> str | None:
    # The kernel may have denied it; Falco stops nothing.
    stopped = _BLOCKED if alert.action not in {"blocked", "failed"} else _BLOCKED_BY_SENSOR
    if stopped.search(sentence) and alert.action != "blocked" and not negated and not _DOUBTED.search(sentence):
        return "it says that something was stopped, and the sensor only observes"
    if hedged or negated:
        return None
    # A terminal that "was attached" is a circumstance, not an outcome.
    sentence = _TERMINAL.sub("", sentence)
    succeeded = alert.action == "allowed" or (alert.result_raw or "").upper() == "SUCCESS"
    result = alert.result_raw or alert.action
    strong, plain = _STRONG_SUCCESS.search(sentence), _PLAIN_SUCCESS.search(sentence)
    if succeeded:
        if _FAILURE.search(sentence):
            return f"it states failure, and the alert says {result}"
        return "it states an outcome that the alert does not tell" if strong and not plain else None
    if alert.action in {"failed", "blocked"}:
        if alert.syscall in {"execve", "execveat"} and _RAN.search(sentence):
            return f"it states that it ran, and the alert says {result}"
        return f"it states success, and the alert says {result}" if _SUCCESS.search(sentence) or strong else None
    if _FAILURE.search(sentence) and "login" not in sentence.lower():
        return "it states failure, and the alert does not tell the outcome"
    if strong or (alert.network is None and _CONNECTED.search(sentence)):
        return "it states an outcome that the alert does not tell"
    if _ACTIVE.search(sentence) or (_SUCCESS.search(sentence) and _LASTING.search(sentence)):
        return "it states success, and the alert does not tell the outcome"
    return None


def _identity(sentence: str, alert: Alert, hedged: bool, negated: bool) -> str | None:
    user = alert.user
    if user is None or hedged or (user.uid is None and user.name is None):
        return None
    is_root = user.uid == 0 or (user.uid is None and user.name == "root")
    if is_root and (_NON_ROOT.search(sentence) or _ROOT_DENIED.search(sentence)):
        return "the user is root"
    if not is_root and _ROOT.search(sentence) and not negated:
        return f"the user is {user.name or user.uid}, not root"
    return None


def _place(sentence: str, alert: Alert, hedged: bool, negated: bool) -> str | None:
    container = alert.container
    if container is None or hedged:
        return None
    if not container.is_host and container.id and _ON_HOST.search(sentence):
        return "the event is of a container"
    if container.is_host and _IN_CONTAINER.search(sentence) and not negated:
        return "the event is of the host, not of a container"
    return None


def _terminal(sentence: str, alert: Alert, hedged: bool, negated: bool) -> str | None:
    tty = alert.process.tty if alert.process else None
    if tty is None or hedged:
        return None
    if tty == 0 and _INTERACTIVE.search(sentence) and not negated:
        return "the process has no terminal"
    if tty != 0 and _NOT_INTERACTIVE.search(sentence):
        return "the process has a terminal"
    return None


def _severity(sentence: str, alert: Alert, hedged: bool, negated: bool) -> str | None:
    match = _SEVERITY.search(sentence)
    if match is None or negated or hedged:
        return None
    word = (match[1] or match[2]).lower()
    native = (alert.severity_source or alert.priority or "").lower()
    allowed = {alert.severity_id.caption.lower(), native, _PRIORITY_WORDS.get(alert.priority or "", native)}
    return (
        None if word in allowed else f"severity is {alert.severity_id.caption} ({alert.severity_source or 'as mapped'})"
    )


def _address(sentence: str, alert: Alert, hedged: bool, negated: bool) -> str | None:
    network = alert.network
    if network is None or negated or hedged:
        return None
    peers = [a for a in (network.dst_ip, network.src_ip) if a]
    if not peers:
        return None
    public = [_is_public(peer) for peer in peers]
    if _EXTERNAL.search(sentence) and not any(public):
        return "no public address is in the alert"
    if _INTERNAL.search(sentence) and all(public):
        return "no internal address is in the alert"
    return None


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global or ipaddress.ip_address(address) in _DOCUMENTATION
    except ValueError:
        return False


class _Networks(tuple[ipaddress.IPv4Network, ...]):
    def __contains__(self, address: object) -> bool:
        return isinstance(address, ipaddress.IPv4Address) and any(address in network for network in tuple(self))


# Documentation ranges stand for public addresses in examples and tests, and in nobody's internal network.
_DOCUMENTATION = _Networks(ipaddress.IPv4Network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
