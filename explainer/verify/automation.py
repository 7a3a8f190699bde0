"""The one field a playbook branches on."""

from __future__ import annotations

import re

from explainer.schema.enriched import EnrichedAlert
from explainer.schema.report import Automation, ReportVerdict, Withheld


def automation(
    enriched: EnrichedAlert, verdict: ReportVerdict, withheld: tuple[Withheld, ...], *, degraded: str | None
) -> tuple[Automation, tuple[str, ...]]:
    """Whether a playbook may act on the verdict alone.

    ``allowed``: the verdict rests, with high confidence, on what the actor could not choose. ``blocked``: acting
    without a person would do harm, because somebody tries to steer whoever acts: text in the alert speaks to its
    reader as no program does by chance, or it may, and the model gave advice that would weaken or destroy something.
    Everything else needs a person. Reasons are sentences, most important first.
    """
    reasons: list[str] = []
    alert = enriched.alert
    state: Automation = "needs_human"
    if spoken := enriched.addressed:
        what = ", ".join(spoken[0].what)
        if spoken[0].strong:
            state = "blocked"
            reasons.append(
                f"The field {spoken[0].field} speaks to whoever reads the alert ({what}): treat it as hostile, and let "
                "no playbook act."
            )
        else:
            if any(item.severity in {"high", "critical"} for item in withheld):
                state = "blocked"
            reasons.append(
                f"The field {spoken[0].field} may speak to whoever reads the alert ({what}): trust none of it."
            )
    if alert.kind == "sensor_health":
        return state, (
            *reasons,
            "This is a message about the sensor, not a detection: restore its view first.",
        )
    if alert.contradicted:
        shown = ", ".join(alert.contradicted[:4])
        reasons.append(f"The alert states {shown} with different values: somebody may have written one to mislead.")
    if verdict.value == "insufficient_evidence":
        reasons.append("Decisive facts are missing; the open questions name them.")
    if verdict.value == "benign" and enriched.assessment.forgeable_only:
        reasons.append(
            "The harmless reading rests on names and paths that an attacker can choose: verify before closing."
        )
    if verdict.value in {"suspicious", "malicious"}:
        reasons.append(
            f"The verdict is {verdict.value}: containment has side effects and needs somebody who answers for it."
        )
    if verdict.confidence != "high" and verdict.value == "benign":
        reasons.append(f"Confidence is {verdict.confidence}.")
    if verdict.value == "benign" and (doubt := _doubt(enriched)):
        reasons.append(doubt)
    if withheld:
        reasons.append("The model gave unsafe advice, which was withheld: treat the rest of its words with care.")
    if degraded:
        reasons.append("The model gave no usable answer; rule knowledge wrote this report.")
    if alert.rule.name is None:
        reasons.append("The alert names no rule, and its text does not give one away.")
    elif enriched.rule_inferred:
        reasons.append("The rule was recovered from text, not stated by the alert.")
    return (state if reasons else "allowed"), tuple(reasons)


# A hostile hint alone is in nearly every alert; two together are a sign.
_HINTS = 2

# Programs that serve the network or run other people's code: what starts below them may be somebody else's doing.
_SERVICES = re.compile(
    r"(?:nginx|apache2?|httpd|lighttpd|caddy|haproxy|php(?:-fpm)?[\d.]*|java|node|tomcat\w*|gunicorn|uwsgi|unicorn|puma|ruby|"
    r"postgres|mysqld|mariadbd|mongod|redis-server|memcached|named|smbd|vsftpd|exim4?|postfix|sendmail|dotnet|beam\.smp)"
)
_SHELL = re.compile(r"(?:ba|da|z|k|fi|c|tc|a)?sh")
_OWN_PLACE = re.compile(
    r"(?:^|[\s=:'\"])(?:\./|\.\./|/tmp/|/dev/shm/|/var/tmp/|/run/user/|~/)|/\.\./|LD_(?:PRELOAD|AUDIT|LIBRARY_PATH)="
)
_STARTS_OTHERS = re.compile(
    r"(?:^|\s)(?:-exec(?:dir)?|--?(?:filter|checkpoint-action|use-compress\S*|compress-prog\S*|to-command|rsh|pager|eval|init-file|command)(?:=|\s)|-c\s)"
)


def _doubt(enriched: EnrichedAlert) -> str | None:
    """Why a harmless reading, however sure, is not closed by a machine: what the actor could have shaped."""
    hostile = [h for h in enriched.hypotheses if h.verdict != "benign" and h.supports and h.score >= _HINTS]
    if hostile:
        return f"A sign of the opposite holds too: {hostile[0].supports[0].text}"
    alert = enriched.alert
    processes = [p for p in (alert.process, *alert.ancestors) if p is not None]
    lines = [text for p in processes for text in (p.exepath, p.cmdline) if text]
    if any(_OWN_PLACE.search(line) for line in lines):
        return "A command line or path in the chain names a place that anybody can write to."
    service = next((p.name for p in alert.ancestors if p.name and _SERVICES.fullmatch(p.name)), None)
    if service is not None:
        return f"It runs below {service}, which serves others: what they made it do looks the same."
    if alert.ancestors and _SHELL.fullmatch(alert.ancestors[0].name or ""):
        return "It was started from a shell, so somebody or some script chose its arguments."
    if any(_STARTS_OTHERS.search(line) for line in lines):
        return "A command line in the chain can start other programs."
    return None
