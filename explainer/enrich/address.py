"""Whether text in an alert speaks to whoever reads the alert, instead of to the machine that it was typed on.

A command line, a file name or a label has no business with verdicts, prompts and readers. Where one does, somebody
tries to steer the model, the playbook or the analyst, and that is a sign of its own. Two kinds of signs:

* **Form**, in any language: control words of chat templates, an answer or evidence in the form of ours, text in
  characters that nobody sees.
* **Words** (``explainer/data/address.json``, eighteen languages): to disregard orders; to whom one speaks; what to say;
  a verdict; to keep quiet; a claim of approval. One kind alone means nothing. They count together, in one run of plain
  words, because options and paths use the same words for other things.

This is a signal for people and playbooks. No promise rests on it: what holds when it misses is in ``docs/security.md``.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import unquote

from explainer.enrich.texts import as_text, visible
from explainer.enrich.view import Fields
from explainer.schema.alert import Alert
from explainer.schema.enriched import Address

MAX_VALUE = 8192
"""Of longer values both ends are read: what is to be believed stands at one of them."""
NEAR = 160
"""Characters within which words belong together."""
CLOSE = 32
"""The same for what is disregarded: it stands right beside the word."""

ORDER = "an order to disregard orders"
TOKENS = "control words of a chat template"
ANSWER = "an answer in the form that a model is asked for"
CITATION = "evidence of its own making"
HIDDEN = "text in characters that nobody sees"
STEERING = "words to the reader about the verdict"
DISPLAY = "markup for the screen that shows it"


class _Look(NamedTuple):
    what: str
    strong: bool


# --- form ---------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"<\|[a-z_]{2,30}\|>|<\uff5c[^<>]{2,40}\uff5c>|\[/?INST\]|\[/?(?:SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS)\]|<</?SYS>>"
    r"|</?(?:start_of_turn|end_of_turn|tool_calls?|tool_results?|function_calls?|function_results|system_prompt|im_start|im_end)>"
    r"|</(?:think|system|assistant|instructions?|evidence|alert|untrusted|data)>",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"(?:^|\n|\\n|[#;\"'{|>]\s*|\s#+\s*)(?:###?\s*)?(?:system|assistant|developer|human|instruction|response)\s*(?:message|prompt)?\s*:"
    r"\s+(?:[\w',]+\s+){2}\w+|\"role\"\s*:\s*\"(?:system|assistant|developer)\"",
    re.IGNORECASE,
)
_KEYS = re.compile(
    r"(?i)[\"']?\b(verdict|action_ids|extra_actions|removed_claims|automation|needs_human|claims|cites)\b[\"']?\s*[:=]"
)
_VERDICT_KEY = re.compile(
    r"(?i)[\"']?\bverdict\b[\"']?\s*[:=]\s*[\"']?(?:benign|malicious|suspicious|insufficient|false|true|harmless|safe|clean)"
)
_CITED = re.compile(
    r"\b(?:cites?|cited|citing|evidence|per|see|in)\s+\[?E\d{1,3}\b|\[E\d{1,3}\]|\bE\d{1,3}\s*[:=]|\"id\"\s*:\s*\"E\d{1,3}\""
)
_TAGS = re.compile("[\U000e0020-\U000e007e]")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007f]{1,8}")
_SELECTORS = re.compile("[\U000e0100-\U000e01ef]{2,}|[\ufe00-\ufe0f]{2,}")
_UNSEEN = re.compile(
    "[\u200b\u200c\u200d\u2060-\u2064\ufeff\u180e\u202a-\u202e\u2066-\u2069\u034f\u3164\u115f\u1160\uffa0]"
)
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DISPLAY = re.compile(
    r"\x1b\]\d|\x9d\d|!\[[^\]\n]{0,80}\]\(\s*(?:https?:)?//|\]\(\s*(?:javascript|data|vbscript):|<!(?:channel|here|everyone)>|<[@#][UCW][A-Z0-9]{6,}>"
    r"|(?:^|[\s,;\"'])=(?:HYPERLINK|IMPORTXML|IMPORTDATA|WEBSERVICE|IMAGE|DDE)\(|(?:^|[\s,;\"'])[=+@-]cmd\|",
    re.IGNORECASE,
)


def addressed(alert: Alert, fields: Fields) -> tuple[Address, ...]:
    """The fields whose text speaks to a reader, the plainest first; one entry for each text.

    Args:
        alert: the alert.
        fields: its fields view; derived names in it are not read a second time.
    """
    found: dict[str, Address] = {}
    for name, text in _texts(alert, fields):
        if len(text) < 6 or text in found:
            continue
        looks = _looks(text)
        if looks:
            strong = any(look.strong for look in looks)
            what = tuple(dict.fromkeys(look.what for look in looks))
            found[text] = Address(field=visible(name, 120), what=what, strong=strong)
    # A part of a longer text says nothing that the longer one does not.
    kept = [a for text, a in found.items() if not any(text != other and text in other for other in found)]
    return tuple(sorted(kept, key=lambda a: not a.strong))[:8]


def told(found: tuple[Address, ...]) -> str:
    """Where such text stands and what it is, for a sentence: "command line (an order to disregard orders)"."""
    return f"{_place(found[0].field)} ({', '.join(found[0].what)})"


def _place(field: str) -> str:
    return next((name for pattern, name in _PLACES if pattern.search(field)), "alert")


_PLACES = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (r"^proc\.(?:p|a)(?:cmdline|args)|^proc\.acmdline", "command line of an ancestor"),
        (r"^proc\.(?:cmdline|args|exeline|cmdnargs)", "command line"),
        (r"^proc\.(?:a|p)?(?:name|exe)", "name of a process"),
        (r"^proc\.env", "environment of the process"),
        (r"^(?:fd|fs\.path)|^evt\.arg", "file name or argument of the event"),
        (r"label|annotation", "label"),
        (r"^k8s|^ka\.target|^k8smeta", "name of a Kubernetes object"),
        (r"^container", "name of the container or its image"),
        (r"^user|^ka\.user|^ct\.user|^group", "name of the account"),
        (r"useragent", "client's name for itself"),
        (r"note|comment|message|output", "note or message"),
        (r".", "alert"),
    )
)


def _texts(alert: Alert, fields: Fields) -> Iterator[tuple[str, str]]:
    for name, value in alert.fields.items():
        if name in fields:
            yield name, as_text(value)
        yield name, name
    for name in (
        "proc.cmdline",
        "proc.pcmdline",
        "proc.name",
        "fd.name",
        "k8s.pod.name",
        "container.name",
        "user.name",
    ):
        if name in fields:
            yield name, as_text(fields[name])
    if alert.k8s is not None:
        for key, value in (alert.k8s.labels or {}).items():
            yield f"k8s.pod.label[{key}]", value
    text = alert.message or alert.output
    if text and not alert.fields:
        yield "alert.message", text


def _looks(text: str) -> list[_Look]:
    if len(text) > MAX_VALUE:
        half = MAX_VALUE // 2
        return [*_looks(text[:half]), *_looks(text[-half:])]
    if len(text) < 40 and text.isascii() and text.isalnum():
        return []
    found: list[_Look] = []
    found += _hidden(text)
    for variant, plain in _variants(text):
        looks = [*_form(variant), *_words(variant)]
        # Whoever wraps an order up knows what it is.
        found += looks if plain else [_Look(look.what, strong=True) for look in looks if look.what != DISPLAY]
    if _DISPLAY.search(text):
        found.append(_Look(DISPLAY, strong=False))
    return found


def _hidden(text: str) -> Iterator[_Look]:
    if text.isascii():
        return
    if _TAGS.search(_FLAG.sub("", text)) or _SELECTORS.search(text):
        yield _Look(HIDDEN, strong=True)
    elif len(_UNSEEN.findall(text)) >= 8 or _OVERRIDES.search(text):
        yield _Look(HIDDEN, strong=False)


def _form(text: str) -> Iterator[_Look]:
    if _TOKEN.search(text):
        yield _Look(TOKENS, strong=True)
    keys = {key.lower() for key in _KEYS.findall(text)}
    if len(keys) >= 2 or ("verdict" in keys and _ROLE.search(text)):
        yield _Look(ANSWER, strong=True)
    elif _VERDICT_KEY.search(text):
        yield _Look(ANSWER, strong=False)


# --- words --------------------------------------------------------------------------------------

# A run of plain words ends at what only options, paths and code have.
_BREAK = re.compile(r"[/\\=|<>$@{}&*^~`+%]+|(?:^|(?<=\s))--?\w[\w.-]*")
# Vowel signs and points of some scripts are no letters to Python; they do not end a word.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e4e"
_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{_MARKS}])*(?:['\u2019][^\W\d_]+)?|\d+")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_KINDS = ("dismiss", "orders", "reader", "judge", "verdict", "quiet", "claim")


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, re.Pattern[str]]:
    data = json.loads((files("explainer") / "data" / "address.json").read_text(encoding="utf-8"))
    found = {}
    for kind in _KINDS:
        spaced: list[str] = []
        unspaced: list[str] = []
        for entries in data[kind].values():
            for entry in entries:
                written = re.escape(_fold(entry).replace("_", " ")).replace(r"\*", r"\w*").replace(r"\ ", " ")
                (unspaced if _UNSPACED.search(entry) else spaced).append(written)
        spaced.sort(key=len, reverse=True)
        found[kind] = re.compile(rf"(?<= )(?:{'|'.join(spaced)})(?= )|{'|'.join(unspaced)}")
    return found


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _runs(text: str) -> Iterator[str]:
    """Stretches of plain words, each as `` word word word `` in small letters."""
    for piece in _BREAK.split(text):
        words = _WORD.findall(piece)
        unspaced = len(_UNSPACED.findall(piece))
        if len(words) >= 3 or unspaced >= 5:
            yield f" {' '.join(words)} "


def _words(text: str) -> Iterator[_Look]:
    cited = _CITED.search(text) is not None
    seen: set[str] = set()
    for run in _runs(_fold(text)):
        kinds = {kind: [match.start() for match in pattern.finditer(run)] for kind, pattern in _lexicon().items()}
        held = {kind for kind, places in kinds.items() if places}
        if not held:
            continue
        seen |= held

        def together(*wanted: str, kinds: dict[str, list[int]] = kinds) -> bool:
            return _near([kinds[kind] for kind in wanted])

        if _near([kinds["dismiss"], kinds["orders"]], CLOSE):
            yield _Look(ORDER, strong=True)
        if cited and held & {"verdict", "judge", "quiet", "claim"}:
            yield _Look(CITATION, strong=True)
        if (
            together("reader", "judge", "verdict")
            or together("reader", "quiet")
            or together("reader", "dismiss", "judge")
            or together("judge", "verdict", "quiet")
            or together("dismiss", "verdict", "judge")
        ):
            yield _Look(STEERING, strong=True)
        elif (
            together("judge", "verdict")
            or together("reader", "verdict")
            or together("verdict", "quiet")
            or together("verdict", "claim")
            or together("quiet", "claim")
            or together("dismiss", "claim")
            or together("dismiss", "verdict")
            or together("reader", "claim")
            or together("reader", "judge")
        ):
            yield _Look(STEERING, strong=False)
    if {"verdict", "quiet"} <= seen:
        yield _Look(STEERING, strong=False)


def _near(places: list[list[int]], within: int = NEAR) -> bool:
    """Whether one place of each list lies within so many characters of another, and no place serves two lists."""
    if not all(places):
        return False
    for start in places[0]:
        chosen = [start]
        for others in places[1:]:
            near = [at for at in others if abs(at - start) <= within and at not in chosen]
            if not near:
                break
            chosen.append(near[0])
        else:
            return True
    return False


# --- disguises ----------------------------------------------------------------------------------

_CONFUSABLE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0458\u0455\u043a\u043c\u0442\u0432\u043d\u0501\u051b\u0261\u03b1\u03bf\u03b5\u03b9\u03bd\u03c1\u03c4\u03ba\u0131",
    "aeopcxyijskmtbhdlgaoeivptki",
)
_LEET = str.maketrans("0134578@$", "oieastbas")
_MIXED = re.compile("[a-z][\u0370-\u052f\u0261\u0131]|[\u0370-\u052f\u0261\u0131][a-z]", re.IGNORECASE)
_ESCAPES = re.compile(r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})|\\([0-7]{3})")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ ._\-]){6,}[^\W\d_](?![^\W_])")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,4096}={0,2}(?![A-Za-z0-9+/=])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}){20,2048}(?![0-9A-Za-z])")
_LEETED = re.compile(r"(?i)(?=\w*[a-z]\w*)(?=\w*[0134578@$])\b[\w@$]{4,}")


def _variants(text: str) -> Iterator[tuple[str, bool]]:
    """The text as it is, then what it says without its disguises; only those that change something."""
    yield text, True
    if not text.isascii():
        hidden = "".join(chr(ord(c) - 0xE0000) for c in _TAGS.findall(text))
        if hidden.strip():
            yield hidden, False
        shown = _UNSEEN.sub("", _TAGS.sub("", text))
        if shown != text:
            yield shown, False
        if _MIXED.search(shown):
            yield _fold(shown).translate(_CONFUSABLE), False
    if text.count("%") >= 3 and (decoded := unquote(text.replace("+", " "))) != text:
        yield decoded, False
    if "&" in text and ";" in text and (decoded := html.unescape(text)) != text:
        yield decoded, False
    if "\\" in text and (decoded := _ESCAPES.sub(_escaped, text)) != text:
        yield decoded, False
    if len(_LEETED.findall(text)) >= 3:
        yield _LEETED.sub(lambda match: match[0].translate(_LEET), text), False
    if _SPACED.search(text):
        yield _SPACED.sub(lambda match: re.sub(r"[ ._\-]", "", match[0]), text.replace("  ", " | ")), False
    yield from ((inner, False) for inner in _encoded(text))


def _escaped(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16) if match[1] or match[2] else int(match[3], 8)
    return chr(code) if code < 0x110000 else match[0]


def _encoded(text: str) -> Iterable[str]:
    found = []
    for match in list(_BASE64.finditer(text))[:8]:
        try:
            raw = base64.b64decode(
                match[0].rstrip("=") + "=" * (-len(match[0].rstrip("=")) % 4),
                altchars=b"-_" if {"-", "_"} & set(match[0]) else None,
            )
        except (binascii.Error, ValueError):
            continue
        found.append(raw)
    found += [bytes.fromhex(match[0]) for match in list(_HEX.finditer(text))[:8]]
    for raw in found:
        try:
            inner = raw.decode("utf-8")
        except UnicodeDecodeError:
            continue
        if " " in inner.strip():
            yield inner
