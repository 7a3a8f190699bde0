# ruff: noqa: E501  (regular expressions are read better whole)
"""Settings that a sentence or a table names: "set `failurePolicy` to Ignore", "add the host to `insecure-registries`", a row of key and value.

The key has to look like one (between back-ticks, or written together: ``hostNetwork``, ``kernel.kptr_restrict``). What the
setting does is judged like the same line in a file; who is told to set it is judged like any other finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.advice.patterns import Setting
from explainer.advice.rules import Rule, RuleSet

# The sentence does not say of which file or object the key is; the key says it itself.
WHERE = (
    "prose yaml json hcl ini k8s k8s:clusterpolicy k8s:policy k8s:config falco falco.yaml daemon.json sshd_config sysctl.conf redis.conf "
    "login.defs auditd.conf my.cnf compose kernel journald.conf audit config container args"
)
_KEY = r"(?:`(?P<{0}>[\w./:@\[\]-]{{3,80}})`|(?P<{0}bare>(?<![\w./`-])(?:(?-i:[a-z]+(?:[A-Z][a-z0-9]+)+|[A-Z][a-z]+[A-Z][a-zA-Z0-9]+)|[a-z0-9]+[._][a-z0-9_]+(?:\.[a-z0-9_]+)*|[a-z]+(?:-[a-z]+){{2,}}|[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)(?![\w/(-]|\.\w)))"
_VALUE = r"[`\"'“]?(?P<value>[\w./:*-]{1,60}?)[`\"'”]?(?=[\s.,;:!?)]|$)"
_CHANGES = (
    r"set(?:ting|s)?|flip(?:ping)?|chang(?:e|es|ing|ed)|switch(?:ing)?|turn(?:ing)?|put(?:ting)?|mak(?:e|ing)|lower(?:ing)?|rais(?:e|ing)|reduc(?:e|ing)|cut|drop|increas(?:e|ing)|edit(?:ing)?|"
    r"updat(?:e|ing)|configur(?:e|ing)|adjust(?:ing)?|bring|toggl(?:e|ing)|mov(?:e|ing)|revert|patch(?:ing)?|shorten|"
    r"setzen|setze|setzt|stellen|stelle|stellt|ändern|ändere|mettez|mettre|passez|passer|réglez|configurez|ponga|pon|poner|establezca|establecer|cambie|cambiar|configure|defina|definir|altere|mude|imposta|impostare|impostate|metti"
)
_TO = r"(?:to|=|:=|at|as|auf|à|en|a|su|para|como)"
# A verb of change with something behind it that may be a key.
MAY_TELL = re.compile(
    rf"(?:`|[a-z][A-Z]|\w[._-]\w)[^.;!?]{{0,80}}?(?:should|must|shall|can|may|needs?|has|have|is|ought)\s(?:to\s)?(?:\w+\s)?(?:be|become|go|read|say)\s|(?<!\w)(?:{_CHANGES}|add|append|put|enter|list|include|place|disable|enable|deactivate|activate|remove|unset|allow|f[üu]\w{{2,4}}|trag\w?|ajout\w+|añad\w+|agreg\w+|adicion\w+|aggiung\w+)\s[^.;!?]{{0,140}}?(?:`|(?-i:[a-z][A-Z])|\w[._-]\w)",
    re.I,
)
_SET = re.compile(
    rf"\b(?P<verb>{_CHANGES})\b(?P<gap>[^.;:!?`]{{0,60}}?)\s{_KEY.format('key')}(?P<between>[^.;!?]{{0,70}}?)\s{_TO}\s+{_VALUE}",
    re.I,
)
_AND = re.compile(
    rf"\s*,?\s*(?:and|und|et|y|e)\s+(?:the\s+)?(?:[\w'’`-]+\s+){{0,3}}?{_KEY.format('key')}(?P<between>[^.;!?`]{{0,40}}?)\s{_TO}\s+{_VALUE}",
    re.I,
)
_PASSIVE = re.compile(
    rf"{_KEY.format('key')}(?P<between>[^.;!?`]{{0,60}}?)\s(?:(?:should|must|shall|can|may|needs?\s+to|has\s+to|have\s+to|is\s+to|ought\s+to)\s+(?:\w+ly\s+|now\s+|therefore\s+)?(?:be\s+(?:set|put|changed|switched|turned|flipped|lowered|raised|reduced|cut|moved|patched|edited)|become|go|read|say)|→|->|=>)\s+(?:(?:down|back|over|up)\s+)?(?:from\s+\S+\s+)?(?:{_TO}\s+)?{_VALUE}",
    re.I,
)
_INTO = re.compile(
    rf"\b(?:add|append|put|enter|list|include|place|füge|füg|trage|ajoutez|ajouter|añada|agregue|añadir|adicione|aggiungi)\b(?P<what>[^.;:!?]{{2,80}}?)\s(?:to|in|into|under|zu|zur|zum|à|dans|a|en|em|in)\s+(?:the\s+|its\s+|your\s+)?{_KEY.format('key')}",
    re.I,
)
_SWITCH = re.compile(
    rf"\b(?P<verb>disable|enable|turn\s+(?:on|off)|switch\s+(?:on|off)|deactivate|activate|remove|unset|drop|allow)\s+(?:the\s+|setting\s+|option\s+|flag\s+){{0,2}}{_KEY.format('key')}",
    re.I,
)
_OFF = re.compile(r"disable|off|deactivate|remove|unset|drop", re.I)
# Values that a sentence has after "to" and that no setting has.
_NO_VALUE = re.compile(
    r"^(?:the|a|an|be|see|it|its|this|that|them|get|make|avoid|your|our|all|any|which|what|\W*)$", re.I
)
_WORDS = {"zero": "0", "nothing": "0", "none": "none", "one": "1", "two": "2", "nobody": "none"}
_KEY_HEAD = re.compile(
    r"\b(?:settings?|parameters?|keys?|options?|directives?|sysctls?|variables?|fields?|propert(?:y|ies)|flags?|item|knob|control|einstellung|paramètre|parámetro)\b",
    re.I,
)
_VALUE_HEAD = re.compile(
    r"\b(?:new|to|target|set\s+to|change(?:d)?\s+to|recommended|proposed|wanted|desired|after|value|should\s+be|apply|neu|nouveau|nouvelle|nuevo|wert|valeur|valor)\b",
    re.I,
)
_OLD_HEAD = re.compile(
    r"\b(?:current(?:ly)?|old|before|found|observed|seen|today|actual|default|original|was|from|previous|attacker\w*)\b",
    re.I,
)


def named(text: str) -> Iterator[tuple[Setting, int, int]]:
    """Settings that a sentence speaks of, with the stretch that names each."""
    for match in _SET.finditer(text):
        yield from _one(match)
        for more in _AND.finditer(text, match.end()):
            if more.start() - match.end() > 3:
                break
            yield from _one(more)
    for match in _PASSIVE.finditer(text):
        yield from _one(match)
    for match in _INTO.finditer(text):
        key = match["key"] or match["keybare"]
        yield Setting(key.lower(), match["what"].strip(" `'\""), WHERE, key=key), match.start("what"), match.end()
    for match in _SWITCH.finditer(text):
        key = match["key"] or match["keybare"]
        state = "false" if _OFF.search(match["verb"]) else "true"
        yield Setting(key.lower(), state, WHERE, key=key), match.start("verb"), match.end()


def _one(match: re.Match[str]) -> Iterator[tuple[Setting, int, int]]:
    key = match["key"] or match["keybare"]
    value = match["value"].strip(".,:")
    if key and value and not _NO_VALUE.match(value):
        # "from 365 to 1": only what it becomes counts.
        yield (
            Setting(key.lower(), _WORDS.get(value.lower(), value), WHERE, key=key),
            match.start("between") - len(key),
            match.end("value"),
        )


def of_row(heads: tuple[str, ...], row: tuple[str, ...], column: str) -> Setting | None:
    """The setting that a table row is, for the cell below ``column``: the key stands below a head like "Setting"."""
    if not _VALUE_HEAD.search(column) or _OLD_HEAD.search(column) or _KEY_HEAD.search(column):
        return None
    for head, cell in zip(heads, row, strict=False):
        if _KEY_HEAD.search(head) and head != column:
            key = cell.strip(" `*_")
            value = row[heads.index(column)].strip(" `*_\"'") if column in heads[: len(row)] else ""
            if value and len(value) < 80 and re.fullmatch(r"[\w./:@\[\]-]{3,80}", key):
                return Setting(key.lower(), _WORDS.get(value.lower(), value), WHERE, key=key)
    return None


_WHERE_TO = re.compile(
    r"\b(?:where\s+to(?:\s+(?:send|upload|put|share))?|send\s+to|upload(?:ed)?\s+to|destination|share(?:d)?\s+(?:with|to|on)|goes\s+to|recipient|target\s+(?:site|service)|publish(?:ed)?\s+(?:to|on)|ziel|destinataire|destino)\b",
    re.I,
)
_DO = re.compile(
    r"\b(?:action|what\s+to\s+do|do|new\s+state|target\s+state|set\s+to|change(?:\s+to)?|step|fix|from\s+now\s+on|to\s+be|maßnahme|action\s+à|acción)\b",
    re.I,
)
_STATE = re.compile(
    r"^(?:turn(?:ed)?\s+)?(?:off|disabled?|stop(?:ped)?|remove[d]?|uninstall(?:ed)?|delete[d]?|mask(?:ed)?|permissive|complain|unload(?:ed)?|flush(?:ed)?|wipe[d]?|skip(?:ped)?|pause[d]?|aus|deaktivier\w+|désactiv\w+|desactiv\w+)$",
    re.I,
)


def sentence_of(heads: tuple[str, ...], row: tuple[str, ...], column: str) -> str:
    """The sentence that a cell and the first cell of its row make: "send the dump to …", "switch SELinux off"; empty for others."""
    if column not in heads[: len(row)] or not heads.index(column):
        return ""
    thing, cell = (part.strip(" `*_").replace("`", " ") for part in (row[0], row[heads.index(column)]))
    if not thing or not cell or len(thing) > 120 or len(cell) > 160:
        return ""
    if _WHERE_TO.search(column):
        return re.sub(r"(?<=\w)\.(?=\w)", " ", f"Send the {thing} to {cell}")
    if _DO.search(column) and _STATE.match(cell) and not _OLD_HEAD.search(column):
        return f"{'Set' if cell.lower() in ('permissive', 'complain') else 'Turn off'} {thing}{f' to {cell}' if cell.lower() in ('permissive', 'complain') else ''}"
    return ""


def broken_by(rules: RuleSet, setting: Setting) -> list[Rule]:
    """Rules that a setting breaks; one rule of each class is enough."""
    found = list(rules.match_setting(setting))
    if not found:
        found = rules.check(rules.controls.find(setting) or "")
    return list({rule.cls: rule for rule in found if rule.cls != "credential-exposure"}.values())
