"""Items of Falco rule files, and how later ones change earlier ones (falco: rule_loader_{reader,collector}.cpp)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Literal, NoReturn, cast

from explainer.enrich.falco_definitions import Definition, ListDef, MacroDef, Place, RuleDef, normal_version
from explainer.enrich.falco_exceptions import ExceptionDef, merge_exceptions, read_exceptions
from explainer.errors import RulesError
from explainer.schema.alert import FalcoPriority
from explainer.schema.node import Mapping, Node, RulesFile, Scalar, Sequence

_KINDS = ("required_engine_version", "required_plugin_versions", "list", "macro", "rule")
_LIST_KEYS = frozenset({"list", "items", "append", "override"})
_MACRO_KEYS = frozenset({"macro", "condition", "append", "override"})
_RULE_APPEND = ("condition", "output", "desc", "tags", "exceptions")
_RULE_REPLACE = (
    *_RULE_APPEND,
    "priority",
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
    "capture",
    "capture_duration",
)
_RULE_KEYS = frozenset({"rule", "source", "append", "override", *_RULE_REPLACE})
_REQUIRED = ("condition", "output", "desc", "priority")
_TRUE = {"true", "yes", "on", "y"}
_FALSE = {"false", "no", "off", "n"}
_PRIORITIES: dict[str, FalcoPriority] = {
    "emergency": "Emergency",
    "alert": "Alert",
    "critical": "Critical",
    "error": "Error",
    "warning": "Warning",
    "notice": "Notice",
    "informational": "Informational",
    "info": "Informational",
    "debug": "Debug",
}
_MACRO_NAME = re.compile(r"[a-zA-Z]\w*", re.ASCII)


class Collector:
    """Reads items in order and keeps the state that Falco's own collector would have."""

    def __init__(self) -> None:
        self.lists: dict[str, ListDef] = {}
        self.macros: dict[str, MacroDef] = {}
        self.rules: dict[str, RuleDef] = {}
        self.warnings: list[str] = []
        self._counter = 0
        self._path = ""
        self._engine: str | None = None
        self._plugins: tuple[str, ...] = ()

    def add(self, file: RulesFile) -> None:
        """Read one file's documents.

        Raises:
            RulesError: at the first thing that Falco would refuse.
        """
        self._path, self._engine, self._plugins = file.path, None, ()
        for document in file.documents:
            if document is None:
                continue
            if not isinstance(document, Sequence):
                self._fail(document, "a rule file is a list of items", "start every item with '- '")
            for item in document.items:
                if isinstance(item, Scalar) and item.is_null:
                    continue
                if not isinstance(item, Mapping):
                    self._fail(item, "an item is no mapping", "write '- rule: NAME', '- macro: NAME' or '- list: NAME'")
                self._item(item)

    # --- reading values ---

    def _place(self, node: Node) -> Place:
        return Place(self._path, node.line, node.column)

    def _written(self, item: Mapping) -> Place | None:
        """Where an item's condition stands."""
        node = item.get("condition")
        if not isinstance(node, Scalar):
            return None
        return Place(self._path, node.line, node.column, exact=node.plain and node.lines == 1)

    def _fail(self, node: Node, message: str, hint: str) -> NoReturn:
        raise RulesError(message, hint=hint, where=str(self._place(node)))

    def _warn(self, node: Node, message: str) -> None:
        self.warnings.append(f"{self._place(node)}: {message}")

    def _text(self, item: Mapping, key: str) -> str | None:
        """A scalar's text, or None when the key is absent or null."""
        node = item.get(key)
        if node is None or (isinstance(node, Scalar) and node.is_null and node.text == ""):
            return None
        if not isinstance(node, Scalar):
            self._fail(node, f"{key!r} is no text", f"write {key}: and one value")
        return node.text

    def _flag(self, item: Mapping, key: str) -> bool | None:
        text = self._text(item, key)
        if text is None:
            return None
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        return self._fail(
            cast(Node, item.get(key)), f"{key!r} is neither true nor false: {text!r}", "write true or false"
        )

    def _texts(self, item: Mapping, key: str) -> list[str] | None:
        node = item.get(key)
        if node is None:
            return None
        if not isinstance(node, Sequence):
            self._fail(node, f"{key!r} is no list", f"write {key}: [a, b]")
        out = []
        for child in node.items:
            if not isinstance(child, Scalar):
                self._fail(child, f"an element of {key!r} is no plain value", "lists hold words and numbers only")
            out.append(child.text)
        return out

    def _priority(self, item: Mapping) -> FalcoPriority | None:
        text = self._text(item, "priority")
        if text is None:
            return None
        priority = _PRIORITIES.get(text.strip().lower())
        if priority is None:
            known = ", ".join(dict.fromkeys(_PRIORITIES.values()))
            self._fail(cast(Node, item.get("priority")), f"unknown priority {text!r}", f"one of {known}")
        return priority

    # --- items ---

    def _item(self, item: Mapping) -> None:
        for key in item.duplicates():
            self._warn(key, f"the key {key.text!r} stands twice; Falco takes the first")
        kind = next((kind for kind in _KINDS if item.get(kind) is not None), None)
        handlers: dict[str | None, Callable[[Mapping], None]] = {
            "required_engine_version": self._engine_version,
            "required_plugin_versions": self._plugin_versions,
            "list": self._list,
            "macro": self._macro,
            "rule": self._rule,
        }
        if kind is None:
            first = next((key.text for key in item.names()), "")
            self._warn(item, f"unknown top level item {first!r} is ignored")
            return
        handlers[kind](item)

    def _unknown_keys(self, item: Mapping, known: frozenset[str]) -> None:
        for key in item.names():
            if key.text not in known:
                self._warn(key, f"unknown key {key.text!r} is ignored")

    def _name(self, item: Mapping, kind: str) -> str:
        name = self._text(item, kind)
        if name is None or not name.strip():
            self._fail(item, f"the {kind} has no name", f"write '- {kind}: NAME'")
        return name

    def _engine_version(self, item: Mapping) -> None:
        text = self._text(item, "required_engine_version") or ""
        version = normal_version(text.strip())
        if version is None:
            node = cast(Node, item.get("required_engine_version"))
            self._fail(node, f"{text!r} is no engine version", "write a number (15) or a version (0.57.0)")
        self._engine = version

    def _plugin_versions(self, item: Mapping) -> None:
        node = cast(Node, item.get("required_plugin_versions"))
        if not isinstance(node, Sequence):
            self._fail(
                node, "required_plugin_versions is no list", "write '- name: …' and 'version: …' for each plugin"
            )
        self._plugins = tuple(self._plugin(entry) for entry in node.items)

    def _plugin(self, entry: Node) -> str:
        if not isinstance(entry, Mapping):
            self._fail(entry, "a required plugin is no mapping", "write name: and version:")
        name, version = self._text(entry, "name"), self._text(entry, "version")
        if not name or not version:
            self._fail(entry, "a required plugin lacks its name or version", "write name: and version:")
        if normal_version(version) is None:
            self._fail(entry, f"{version!r} is no plugin version", "write three numbers: 0.4.0")
        others = entry.get("alternatives")
        if others is None:
            return f"{name} {version}"
        if not isinstance(others, Sequence):
            self._fail(others, "alternatives is no list", "write '- name: …' and 'version: …' for each")
        return " or ".join((f"{name} {version}", *(self._plugin(other) for other in others.items)))

    def _next(self) -> int:
        self._counter += 1
        return self._counter

    def _mode(
        self, item: Mapping, append: Iterable[str], replace: Iterable[str]
    ) -> dict[str, Literal["append", "replace"]] | None:
        """What an ``override`` says for each key; None when there is none."""
        override = item.get("override")
        if override is None:
            return None
        if self._flag(item, "append") is not None:
            self._fail(override, "'append' and 'override' stand together", "keep 'override' alone")
        if not isinstance(override, Mapping):
            self._fail(override, "'override' is no mapping", "write 'override: {condition: append}'")
        allowed = {"append": tuple(append), "replace": tuple(replace)}
        modes: dict[str, Literal["append", "replace"]] = {}
        for key, value in override.entries:
            word = value.text if isinstance(value, Scalar) else ""
            if word not in allowed:
                self._fail(value, f"override of {key.text!r} is neither append nor replace", "write append or replace")
            if key.text not in allowed[word]:
                hint = f"{word} works for: {', '.join(allowed[word])}"
                self._fail(key, f"{key.text!r} cannot be overridden with {word}", hint)
            if item.get(key.text) is None:
                self._fail(key, f"override names {key.text!r}, which the item does not give", f"add {key.text}: to it")
            modes[key.text] = cast(Literal["append", "replace"], word)
        for key in item.names():
            if key.text in allowed["replace"] and key.text not in modes:
                self._fail(key, f"{key.text!r} is given without an override entry", f"add '{key.text}: replace' to it")
        return modes

    def _existing(self, table: dict[str, Definition], name: str, item: Mapping, kind: str) -> Definition:
        found = table.get(name)
        if found is None:
            self._fail(
                item,
                f"the {kind} {name!r} is changed here and not defined before",
                "load the file that defines it first (falco_rules.yaml comes before local files)",
            )
        found.visible = self._next()
        found.changed.append(f"{self._path}:{item.line}")
        return found

    def _redefine(self, old: Definition | None, new: Definition) -> None:
        """A full definition replaces the earlier one and keeps its position for who may see it."""
        if old is not None:
            new.index = old.index
            new.changed = [*old.changed, f"{self._path}:{new.place.line}"]

    def _list(self, item: Mapping) -> None:
        self._unknown_keys(item, _LIST_KEYS)
        name = self._name(item, "list")
        modes = self._mode(item, ("items",), ("items",))
        items = self._texts(item, "items")
        if items is None:
            self._fail(item, f"the list {name!r} has no items", "write 'items: []' for an empty list")
        if modes is not None or self._flag(item, "append"):
            found = cast(ListDef, self._existing(cast("dict[str, Definition]", self.lists), name, item, "list"))
            found.items = items if modes is not None and modes.get("items") == "replace" else [*found.items, *items]
            return
        position = self._next()
        new = ListDef(name, self._place(item), position, position, items=items)
        self._redefine(self.lists.get(name), new)
        self.lists[name] = new

    def _macro(self, item: Mapping) -> None:
        self._unknown_keys(item, _MACRO_KEYS)
        name = self._name(item, "macro")
        if not _MACRO_NAME.fullmatch(name):
            self._fail(
                cast(Node, item.get("macro")),
                f"{name!r} cannot be a macro's name",
                "use letters, digits and underscores",
            )
        modes = self._mode(item, ("condition",), ("condition",))
        condition = self._text(item, "condition")
        if condition is None or not condition.strip():
            self._fail(item, f"the macro {name!r} has no condition", "write 'condition: …'")
        if modes is not None or self._flag(item, "append"):
            found = cast(MacroDef, self._existing(cast("dict[str, Definition]", self.macros), name, item, "macro"))
            replaced = modes is not None and modes.get("condition") == "replace"
            found.condition = condition if replaced else f"{found.condition} {condition}"
            found.written = self._written(item) if replaced else None
            return
        position = self._next()
        written = self._written(item)
        new = MacroDef(name, self._place(item), position, position, condition=condition, written=written)
        self._redefine(self.macros.get(name), new)
        self.macros[name] = new

    def _rule(self, item: Mapping) -> None:
        self._unknown_keys(item, _RULE_KEYS)
        name = self._name(item, "rule")
        modes = self._mode(item, _RULE_APPEND, _RULE_REPLACE)
        old = self.rules.get(name)
        source = self._text(item, "source")
        if old is not None and source is not None and source != old.source:
            node = cast(Node, item.get("source"))
            self._fail(node, f"the rule {name!r} changes its source from {old.source!r}", "give the rule another name")
        if modes is not None:
            self._override(self._old_rule(name, item), item, modes)
        elif self._flag(item, "append"):
            self._append(self._old_rule(name, item), item)
        elif not any(item.get(key) is not None for key in _REQUIRED) and item.get("enabled") is not None:
            rule = self._old_rule(name, item)
            rule.enabled = bool(self._flag(item, "enabled"))
            self._warn(item, f"the rule {name!r} is switched by a bare 'enabled'; write override: {{enabled: replace}}")
        else:
            self._define(name, item, old, source)

    def _old_rule(self, name: str, item: Mapping) -> RuleDef:
        return cast(RuleDef, self._existing(cast("dict[str, Definition]", self.rules), name, item, "rule"))

    def _define(self, name: str, item: Mapping, old: RuleDef | None, source: str | None) -> None:
        for key in _REQUIRED:
            text = self._text(item, key)
            if text is None or not text.strip():
                self._fail(item, f"the rule {name!r} has no {key}", f"write '{key}: …'")
        position = self._next()
        new = RuleDef(
            name,
            self._place(item),
            position,
            position,
            condition=self._text(item, "condition") or "",
            written=self._written(item),
            output=self._text(item, "output") or "",
            desc=self._text(item, "desc") or "",
            priority=self._priority(item) or "Debug",
            source=source or "syscall",
            tags=list(dict.fromkeys(self._texts(item, "tags") or [])),
            enabled=self._flag(item, "enabled") is not False,
            exceptions=self._exceptions(item),
            engine=self._engine,
            plugins=self._plugins,
        )
        self._redefine(old, new)
        self.rules[name] = new

    def _exceptions(self, item: Mapping, *, existing: Iterable[ExceptionDef] = ()) -> list[ExceptionDef]:
        node = item.get("exceptions")
        known = frozenset(exception.name for exception in existing)
        return [] if node is None else read_exceptions(node, self._path, known)

    def _append(self, rule: RuleDef, item: Mapping) -> None:
        condition = self._text(item, "condition")
        if condition is None and item.get("exceptions") is None:
            self._fail(item, f"nothing is appended to the rule {rule.name!r}", "give a condition or exceptions")
        if condition is not None:
            rule.condition = f"{rule.condition} {condition}"
            rule.written = None
        rule.exceptions = merge_exceptions(rule.exceptions, self._exceptions(item, existing=rule.exceptions))

    def _override(self, rule: RuleDef, item: Mapping, modes: dict[str, Literal["append", "replace"]]) -> None:
        for key, mode in modes.items():
            if key == "condition":
                rule.written = self._written(item) if mode == "replace" else None
            if key in {"condition", "output", "desc"}:
                text = self._text(item, key) or ""
                setattr(rule, key, text if mode == "replace" else f"{getattr(rule, key)} {text}")
            elif key == "tags":
                tags = self._texts(item, "tags") or []
                rule.tags = list(dict.fromkeys(tags if mode == "replace" else [*rule.tags, *tags]))
            elif key == "exceptions" and mode == "replace":
                rule.exceptions = self._exceptions(item)
            elif key == "exceptions":
                rule.exceptions = merge_exceptions(rule.exceptions, self._exceptions(item, existing=rule.exceptions))
            elif key == "priority":
                rule.priority = self._priority(item) or rule.priority
            elif key == "enabled":
                rule.enabled = bool(self._flag(item, "enabled"))
