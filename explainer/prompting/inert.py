"""Alert text as data in a prompt: it stays one string on one line, and no tokenizer takes any of it for structure.

What an ordinary alert holds goes through unchanged. Only what has no business there changes: characters that a reader
cannot see are written out, and the control words of chat templates lose the character that makes them one.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

NAME_LIMIT = 300
"""Characters of a name, a priority or a field's path; values have limits of their own."""

# Mistral's templates write control tokens in brackets; the others write them between angle brackets, which are escaped
# whatever they hold. An escaped bracket is the same string to a JSON reader and no token to any tokenizer.
_BRACKETED = re.compile(
    r"\[(?=/?(?:INST|SYS|SYSTEM(?:_PROMPT)?|USER|ASSISTANT|AVAILABLE_TOOLS|TOOL_\w+|ARGS|CALL_ID|THINK|PREFIX|MIDDLE|SUFFIX"
    r"|IMG\w*|CONTROL_\w+|BOS|EOS|PAD|UNK|CLS|SEP|MASK)\])",
    re.IGNORECASE,
)
# In running text "<" may be Falco's (`fd=3(<o>)`) or a sign of comparison; before these it would be a token.
_ANGLED = re.compile(
    r"<(?=[<|/!?\uff5c\u2581]|s>|(?:bos|eos|pad|unk|mask|sep|cls|think|thought|reason|tool|function|instruct|system|user|human"
    r"|assistant|model|start_of|end_of|begin|end|im_|extra_id|reserved)\w*>)",
    re.IGNORECASE,
)
_ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>\x7f"}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef\u034f\u115f\u1160\u3164\uffa0\u2800]")


def data_json(value: Any) -> str:
    """A value as ASCII JSON: what cannot be seen, ``<``, ``>`` and bracketed control words are escaped."""
    text = (
        json.dumps(value, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e").replace("\x7f", "\\u007f")
    )
    return _BRACKETED.sub(r"\\u005b", text)


def plain(text: str) -> str:
    """Running text with an alert's values in it: line breaks are ours and stay, tokens and unseen characters do not."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if _seen(c) else _written(c) for c in text)
    return _BRACKETED.sub(r"\\u005b", _ANGLED.sub(r"\\u003c", text))


def capped(text: str, limit: int = NAME_LIMIT) -> str:
    """The beginning of an over-long name, with a mark that says how much is gone."""
    return text if len(text) <= limit else f"{text[:limit]} [cut {len(text) - limit} chars]"


def line(text: str) -> str:
    """A name that stands in the prompt outside any string: capped, on one line, and plain."""
    return plain(capped(text).replace("\n", "\\n"))


def _seen(char: str) -> bool:
    return char == "\n" or (unicodedata.category(char) not in _UNSEEN and not _SELECTORS.match(char))


def _written(char: str) -> str:
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
