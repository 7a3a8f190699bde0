"""Macros and lists of a condition put in place, as Falco's compiler does, and what a rule excludes by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from explainer.enrich.condition import (
    And,
    Compare,
    ConditionError,
    Expr,
    FieldRef,
    Macro,
    Not,
    Or,
    Value,
    leaves,
    parse_condition,
)
from explainer.enrich.falco_definitions import Definition, ListDef, MacroDef, Place, RuleDef
from explainer.errors import RulesError
from explainer.schema.rule import TuningPoint

MAX_LEAVES = 50_000
"""Comparisons of one expanded condition; the largest upstream one has about 600."""
MAX_ITEMS = 20_000
SHOWN_ITEMS = 20
_KNOWN_GOOD = re.compile(
    r"^(?:user_|known_|allowed_|trusted_|permitted_|authorized_|expected_|exclude|ignore|whitelist|allowlist|never_true$)"
    r"|_(?:known|allowed|trusted|whitelist(?:ed)?|allowlist(?:ed)?|exclusions?|exceptions?|activities)(?:_|$)"
    r"|_(?:images|containers|repositories)$"
)
_MAX_POINTS = 24


@dataclass(slots=True)
class Expander:
    """Expands conditions against one state of lists and macros."""

    lists: dict[str, ListDef]
    macros: dict[str, MacroDef]
    _items: dict[str, tuple[Value, ...]] = field(default_factory=dict)
    _parsed: dict[str, Expr] = field(default_factory=dict)
    _expanded: dict[str, tuple[Expr, int]] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def parse(self, owner: MacroDef | RuleDef, what: str) -> Expr:
        """A condition's expression.

        Raises:
            RulesError: at the condition's place, with what was expected.
        """
        text = owner.condition
        try:
            return parse_condition(text)
        except ConditionError as error:
            lines = text.splitlines() or [""]
            seen = lines[min(error.line, len(lines)) - 1][max(error.column - 25, 0) : error.column + 24].strip()
            near = f" near {seen!r}" if seen else ""
            place = owner.written or owner.place
            if place.exact and error.line == 1:
                place = Place(place.path, place.line, place.column + error.column - 1)
            raise RulesError(
                f"the condition of {what} cannot be read{near}: {error.message}",
                hint=error.hint or "correct the condition",
                where=str(place),
            ) from None

    def items(self, name: str) -> tuple[Value, ...]:
        """All values of a list, with the lists inside it put in place.

        Raises:
            RulesError: lists contain each other in a circle, or grow beyond the limit.
        """
        if name in self._items:
            return self._items[name]
        definition = self.lists[name]
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            raise RulesError(
                f"lists contain each other: {circle}", hint="remove one of the names", where=str(definition.place)
            )
        self._open.append(name)
        values: list[Value] = []
        for item in definition.items:
            inner = self.lists.get(item)
            if inner is not None and inner.index < definition.visible:
                values.extend(self.items(item))
            else:
                values.append(_literal(item))
            if len(values) > MAX_ITEMS:
                raise RulesError(
                    f"the list {name!r} grows beyond {MAX_ITEMS} items",
                    hint="remove lists inside lists",
                    where=str(definition.place),
                )
        self._open.pop()
        self._items[name] = tuple(dict.fromkeys(values))
        return self._items[name]

    def macro(self, name: str) -> Expr:
        """A macro's own condition, not expanded."""
        if name not in self._parsed:
            definition = self.macros[name]
            self._parsed[name] = self.parse(definition, f"the macro {name!r}")
        return self._parsed[name]

    def check_macros(self) -> None:
        """Read every macro, and put in place what it refers to.

        Raises:
            RulesError: a condition cannot be read, or a macro is not defined, is defined later, or refers to itself.
        """
        for name, definition in self.macros.items():
            self.expand(self.macro(name), definition, f"the macro {name!r}")

    def expand(self, expr: Expr, owner: Definition, what: str) -> Expr:
        """The condition without macros and list names.

        Args:
            expr: parsed condition of ``owner``.
            owner: the rule or macro; says which lists and macros are visible.
            what: how messages call the owner.

        Raises:
            RulesError: a macro is not defined, is defined later, or refers to itself.
        """
        expanded, _ = self._walk(expr, owner, what)
        return expanded

    def _walk(self, expr: Expr, owner: Definition, what: str) -> tuple[Expr, int]:
        if isinstance(expr, Not):
            child, size = self._walk(expr.child, owner, what)
            return Not(child), size
        if isinstance(expr, And | Or):
            total = 0
            children = []
            for child in expr.children:
                inner, size = self._walk(child, owner, what)
                total += size
                if total > MAX_LEAVES:
                    raise RulesError(
                        f"the condition of {what} grows beyond {MAX_LEAVES} comparisons",
                        hint="remove macros that multiply",
                        where=str(owner.place),
                    )
                children.append(inner)
            return (And if isinstance(expr, And) else Or)(tuple(children)), total
        if isinstance(expr, Macro):
            return self._macro(expr.name, owner, what)
        if isinstance(expr, Compare) and isinstance(expr.right, tuple):
            return replace(expr, right=self._values(expr.right)), 1
        return expr, 1

    def _values(self, right: tuple[Value, ...]) -> tuple[Value, ...]:
        out: list[Value] = []
        for value in right:
            definition = None if value.quoted else self.lists.get(value.text)
            if definition is not None:
                out.extend(self.items(value.text))
            else:
                out.append(value)
        return tuple(out)

    def _macro(self, name: str, owner: Definition, what: str) -> tuple[Expr, int]:
        definition = self.macros.get(name)
        # Rules see every macro of all files; a macro sees those defined before it was last touched.
        late = definition is not None and isinstance(owner, MacroDef) and definition.index >= owner.visible
        if definition is None or late:
            later = f", only later at {definition.place}" if definition else ""
            raise RulesError(
                f"{what} uses the macro {name!r}, which is not defined before it{later}",
                hint="load the file that defines it first (falco_rules.yaml comes before local files)",
                where=str(owner.place),
            )
        if name in self._expanded:
            return self._expanded[name]
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            raise RulesError(
                f"macros refer to each other: {circle}",
                hint="remove one of the references",
                where=str(definition.place),
            )
        self._open.append(name)
        expanded = self._walk(self.macro(name), definition, f"the macro {name!r}")
        self._open.pop()
        self._expanded[name] = expanded
        return expanded

    # --- tuning points ---

    def tuning(self, expr: Expr, predicates: frozenset[str] = frozenset()) -> tuple[TuningPoint, ...]:
        """Lists and macros by which the condition excludes, those made for a site first.

        Under a negation: every list and macro of the rule's own condition; inside its macros only those whose names say
        that they hold known-good, and stubs that ship empty.

        Args:
            expr: the rule's own condition, not expanded.
            predicates: macros that other rules require to hold (``container``): widening one of those to quieten this
                rule would change what the others see.
        """
        found: dict[tuple[str, str], tuple[bool, TuningPoint]] = {}
        for made, point in self._points(expr, negated=False, depth=0):
            if made or point.name not in predicates:
                found.setdefault((point.kind, point.name), (made, point))
        ordered = sorted(found.values(), key=lambda pair: not pair[0])
        return tuple(point for _, point in ordered[:_MAX_POINTS])

    def _points(self, expr: Expr, *, negated: bool, depth: int) -> Iterator[tuple[bool, TuningPoint]]:
        for leaf, inside in leaves(expr):
            excludes = negated is not inside
            if isinstance(leaf, Macro) and leaf.name in self.macros:
                yield from self._macro_points(leaf.name, excludes=excludes, depth=depth)
            elif isinstance(leaf, Compare) and isinstance(leaf.right, tuple) and excludes:
                for value in leaf.right:
                    if not value.quoted and value.text in self.lists:
                        point = self._list_point(value.text, leaf)
                        made = point.empty or bool(_KNOWN_GOOD.search(value.text))
                        if made or depth == 0:
                            yield made, point

    def _macro_points(self, name: str, *, excludes: bool, depth: int) -> Iterator[tuple[bool, TuningPoint]]:
        if name in {"never_true", "always_true"}:
            return
        empty = self._is_stub(name, 0)
        made = empty or bool(_KNOWN_GOOD.search(name))
        if excludes and (made or depth == 0):
            definition = self.macros[name]
            yield (
                made,
                TuningPoint(
                    kind="macro",
                    name=name,
                    condition=" ".join(definition.condition.split()),
                    empty=empty,
                    file=definition.place.path,
                    line=definition.place.line,
                ),
            )
        if depth < 8:
            yield from self._points(self.macro(name), negated=excludes, depth=depth + 1)

    def _is_stub(self, name: str, depth: int) -> bool:
        """Whether the macro stands for never: ``(never_true)`` or ``evt.num=0``."""
        if name == "never_true":
            return True
        if depth > 8 or name not in self.macros:
            return False
        expr = self.macro(name)
        if isinstance(expr, Macro):
            return self._is_stub(expr.name, depth + 1)
        return isinstance(expr, Compare) and expr == Compare(FieldRef("evt.num"), "=", Value("0"))

    def _list_point(self, name: str, leaf: Compare) -> TuningPoint:
        definition = self.lists[name]
        items = self.items(name)
        return TuningPoint(
            kind="list",
            name=name,
            items=tuple(value.text for value in items[:SHOWN_ITEMS]),
            field=leaf.left.key if isinstance(leaf.left, FieldRef) else None,
            empty=not items,
            file=definition.place.path,
            line=definition.place.line,
        )


def required_macros(exprs: Iterable[Expr]) -> frozenset[str]:
    """Macros that stand un-negated in any of the conditions."""
    return frozenset(
        leaf.name for expr in exprs for leaf, negated in leaves(expr) if isinstance(leaf, Macro) and not negated
    )


def _literal(text: str) -> Value:
    """An item of a list as a value: quotes written inside it are the language's, not part of the text."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return Value(text[1:-1], quoted=True)
    return Value(text)


def event_types(expr: Expr) -> tuple[str, ...]:
    """Events that the condition can hold for, by its ``evt.type`` comparisons; empty when it names none."""
    return tuple(_types(expr) or ())


def _types(expr: Expr) -> dict[str, None] | None:
    """Ordered set of types; None when any event may match."""
    if isinstance(expr, And):
        known = [types for child in expr.children if (types := _types(child)) is not None]
        if not known:
            return None
        return {name: None for name in known[0] if all(name in other for other in known[1:])}
    if isinstance(expr, Or):
        union: dict[str, None] = {}
        for child in expr.children:
            types = _types(child)
            if types is None:
                return None
            union.update(types)
        return union
    if isinstance(expr, Compare) and expr.left == FieldRef("evt.type"):
        if expr.operator == "=" and isinstance(expr.right, Value):
            return {expr.right.text: None}
        if isinstance(expr.right, tuple) and expr.operator in {"in", "intersects", "= anyof", "= oneof"}:
            return {value.text: None for value in expr.right}
    return None
