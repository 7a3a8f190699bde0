# ruff: noqa: E501  (regular expressions are read better whole)
"""Readers of further forms: XML, registry files, and the key-value pairs of source code that has no parser here.

All of them are tolerant and linear: they take pasted fragments, expand nothing and build no objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.advice.patterns import Setting

_MAX_TEXT = 200_000
_MAX_DEPTH = 60
_MAX_SETTINGS = 5000
_XML = re.compile(
    r"<!--.*?-->|<\?[^>]{0,2000}\?>|<!\[CDATA\[(?P<cdata>.*?)\]\]>|<![^>]{0,2000}>"
    r"|</\s*(?P<close>[\w:.-]{1,100})\s*>"
    r"|<\s*(?P<open>[\w:.-]{1,100})(?P<attributes>(?:[^<>\"']|\"[^\"<]{0,4000}\"|'[^'<]{0,4000}'){0,200}?)(?P<empty>/?)>",
    re.S,
)
_ATTRIBUTE = re.compile(r"([\w:.-]{1,100})\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_NAMING = ("name", "key", "id", "property", "setting")
_VALUING = ("value", "val", "data")


def xml(text: str, where: str = "") -> list[Setting]:
    """Elements and attributes of XML as settings; ``<property name="a" value="b"/>`` and plist pairs are the setting they stand for."""
    text = text[:_MAX_TEXT]
    found: list[Setting] = []
    stack: list[tuple[str, int]] = []
    pending = ""
    named = ""
    for match in _XML.finditer(text):
        if len(found) > _MAX_SETTINGS:
            break
        if match["open"]:
            tag = match["open"].rsplit(":", 1)[-1]
            attributes = {k.rsplit(":", 1)[-1]: a or b for k, a, b in _ATTRIBUTE.findall(match["attributes"] or "")}
            path = ".".join([*(name for name, _ in stack), tag])
            place = (match.start(), match.end())
            for name, value in attributes.items():
                found.append(Setting(f"{path}.{name}".lower(), value, where, *place, f"{path}.{name}"))
            lowered = {k.lower(): v for k, v in attributes.items()}
            named = next((lowered[k] for k in _NAMING if lowered.get(k)), "")
            for key in _VALUING:
                if named and key in lowered:
                    found.append(Setting(named.lower(), lowered[key], f"{where} pair", *place, named))
            if match["empty"]:
                if tag in ("true", "false") and pending:
                    found.append(Setting(pending.lower(), tag, f"{where} plist", *place, pending))
                    pending = ""
            elif len(stack) < _MAX_DEPTH:
                stack.append((tag, match.end()))
        elif match["close"] and stack:
            tag, begin = stack[-1]
            inner = text[begin : match.start()]
            if match["close"].rsplit(":", 1)[-1] != tag:
                continue
            stack.pop()
            if "<" in inner.replace("<![CDATA[", "") or len(inner) > 4000:
                continue
            value = inner.replace("<![CDATA[", "").replace("]]>", "").strip()
            path = ".".join([*(name for name, _ in stack), tag])
            place = (begin, match.start())
            if tag == "key":
                pending = value
            elif pending and tag in ("string", "integer", "real"):
                found.append(Setting(pending.lower(), value, f"{where} plist", *place, pending))
                pending = ""
            else:
                found.append(Setting(path.lower(), value, where, *place, path))
                if named and tag.lower() in ("value", "setting", "entry", "property"):
                    found.append(Setting(named.lower(), value, f"{where} pair", *place, named))
    return found


_REG_LINE = re.compile(r"^\s*(?:\"(?P<name>[^\"\n]{1,200})\"|@)\s*=\s*(?P<value>[^\n]{0,400})$", re.M)


def registry(text: str, where: str = "registry") -> list[Setting]:
    """A ``.reg`` file: the value name below its key, ``dword:00000001`` as a number."""
    found = []
    section = ""
    position = 0
    for line in text[:_MAX_TEXT].split("\n"):
        start, position = position, position + len(line) + 1
        header = re.match(r"\s*\[-?([^\]\n]{1,400})\]\s*$", line)
        if header:
            section = header.group(1).rsplit("\\", 1)[-1]
            continue
        match = _REG_LINE.match(line)
        if match is None or not match["name"]:
            continue
        value = match["value"].strip()
        number = re.match(r"(?:dword|qword):([0-9a-fA-F]{1,16})", value)
        path = f"{section}.{match['name']}"
        found.append(
            Setting(
                path.lower(),
                str(int(number.group(1), 16)) if number else value.strip('"'),
                where,
                start,
                start + len(line.rstrip()),
                path,
            )
        )
    return found


_PAIR = re.compile(
    r"(?<![\w.])(?P<key>[A-Za-z_@$][\w.@-]{2,80}|\"[\w.@ -]{2,80}\"|'[\w.@ -]{2,80}')\s*(?:=>|:=|=(?!=)|:(?!:)|,(?=\s*(?:true|false)\b))\s*"
    r"(?P<value>true|false|True|False|nil|null|None|-?\d{1,12}\b|:[a-z_]{2,40}\b|\"[^\"\n]{0,200}\"|'[^'\n]{0,200}')"
)
_CALL = re.compile(
    r"\.(?:set|with|enable|disable|add)?(?P<key>[A-Z][A-Za-z]{3,60}|[a-z]+(?:[A-Z][a-z]+){1,8})\(\s*(?P<value>true|false|null|nil)\s*\)"
)


def pairs_of_code(text: str, where: str = "code") -> Iterator[Setting]:
    """``key: value``, ``key = value``, ``key => value`` and ``setKey(false)`` of source code, as far as the value is a literal."""
    count = 0
    for pattern in (_PAIR, _CALL):
        for match in pattern.finditer(text[:60_000]):
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if re.match(r"\s*(?://|#|\*|--)", line):
                continue
            count += 1
            if count > 2000:
                return
            key = match["key"].strip("\"'@$")
            yield Setting(key.lower(), match["value"].strip("\"'").lstrip(":"), where, match.start(), match.end(), key)


def names_markup(text: str) -> bool:
    """Whether a text is XML of its own and not HTML inside Markdown."""
    head = text.lstrip()[:300]
    if not re.match(r"<(?:\?xml|!--|[A-Za-z][\w:.-]*[\s>/])", head):
        return False
    if re.match(
        r"<(?:details|summary|p|div|br|b|i|em|strong|span|h\d|table|tr|td|ul|ol|li|a|img|sub|sup|kbd|code|pre|hr|center|del|s|html|!DOCTYPE)\b",
        head,
        re.I,
    ):
        return False
    return bool(re.search(r"</[\w:.-]+>|/>", text[:20_000]))
