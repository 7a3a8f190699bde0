"""The parser of Falco's condition language (grammar: falcosecurity/libs, userspace/libsinsp/filter/parser.h)."""

from __future__ import annotations

import re
from functools import lru_cache

from explainer.enrich.condition_ast import (
    LIST_OPERATORS,
    NUMBER_OPERATORS,
    RESERVED,
    TEXT_OPERATORS,
    TRANSFORMERS,
    And,
    Compare,
    Exists,
    Expr,
    FieldRef,
    Macro,
    Not,
    Operand,
    Or,
    Transform,
    Value,
)
from explainer.errors import DataError

MAX_LENGTH = 262_144
MAX_DEPTH = 100
"""Falco's own limit on nesting."""

_BLANK = re.compile(r"[ \t\b\r\n\f\v]*")
_FIELD = re.compile(r"[a-zA-Z]\w*(?:\.[a-zA-Z]\w*)+", re.ASCII)
_IDENTIFIER = re.compile(r"[a-zA-Z]\w*", re.ASCII)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|[+-]?[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?")
_BARE = re.compile(r"[^()\"'\s=,\x08]+")
_BARE_ARGUMENT = re.compile(r"[^\[\]\"'\s]+")
_AND = re.compile(r"and(?=[\s(]|$)")
_OR = re.compile(r"or(?=[\s(]|$)")
_NOT = re.compile(r"not(?=[\s(]|$)")
_MODIFIER = re.compile(r"(oneof|anyof|allof)(?=\s*\()")
_EXISTS = re.compile(r"exists(?!\w)")
_WORDS = [name for name in (*TEXT_OPERATORS, *LIST_OPERATORS) if name.isalpha()]
_OPERATOR = re.compile(r"<=|>=|==|!=|<|>|=|(?:" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")(?!\w)")
_TRANSFORM = re.compile(r"(" + "|".join(TRANSFORMERS) + r")\(")
_RIGHT_TRANSFORM = re.compile(r"(val|" + "|".join(TRANSFORMERS) + r")\(")
_UNESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class ConditionError(DataError):
    """A condition cannot be read. ``line`` and ``column`` count from 1 within the condition's text."""

    def __init__(self, message: str, *, line: int = 1, column: int = 1, expected: str = "") -> None:
        hint = f"expected {expected}" if expected else None
        super().__init__(message, hint=hint, where=f"condition:{line}:{column}")
        self.line = line
        self.column = column
        self.expected = expected


class _Parser:
    """Recursive descent over one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def fail(self, expected: str, at: int | None = None, message: str | None = None) -> ConditionError:
        """The error for the present place, with what stands there."""
        place = self.at if at is None else at
        before = self.text[:place]
        line = before.count("\n") + 1
        column = place - (before.rfind("\n") + 1) + 1
        if message is None:
            seen = self.text[place : place + 24].split("\n")[0].strip()
            message = f"cannot read the condition at {seen!r}" if seen else "the condition ends too early"
        return ConditionError(message, line=line, column=column, expected=expected)

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        if match:
            self.at = match.end()

    def take(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        return match[0]

    def literal(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def expect(self, token: str, what: str) -> None:
        self.blank()
        if not self.literal(token):
            raise self.fail(what)

    # --- boolean structure ---

    def whole(self) -> Expr:
        expr = self.either()
        self.blank()
        if self.at != len(self.text):
            raise self.fail("'and', 'or' or the end of the condition")
        return expr

    def either(self) -> Expr:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"at most {MAX_DEPTH} levels of parentheses", message="the condition is nested too deeply")
        children = [self.both()]
        self.blank()
        while self.take(_OR):
            children.append(self.both())
            self.blank()
        self.depth -= 1
        return children[0] if len(children) == 1 else Or(tuple(children))

    def both(self) -> Expr:
        children = [self.negation()]
        self.blank()
        while self.take(_AND):
            children.append(self.negation())
            self.blank()
        return children[0] if len(children) == 1 else And(tuple(children))

    def negation(self) -> Expr:
        negations = 0
        self.blank()
        while self.take(_NOT):
            negations += 1
            self.blank()
        child = self.check()
        return Not(child) if negations % 2 else child

    def check(self) -> Expr:
        self.blank()
        start = self.at
        if self.literal("("):
            inner = self.either()
            self.expect(")", "')'")
            return inner
        left = self.left()
        if left is not None:
            return self.condition(left, start)
        name = self.take(_IDENTIFIER)
        if name is None or name in RESERVED:
            raise self.fail("a field, a macro name or '('", at=start)
        return Macro(name, start + 1)

    # --- operands ---

    def left(self) -> FieldRef | Transform | None:
        start = self.at
        match = _TRANSFORM.match(self.text, self.at)
        if match:
            self.at = match.end()
            return self.transform(match[1], start)
        return self.field()

    def field(self) -> FieldRef | None:
        start = self.at
        name = self.take(_FIELD)
        if name is None:
            return None
        if not self.literal("["):
            return FieldRef(name, None, start + 1)
        argument = self.quoted()
        if argument is None:
            argument = self.take(_BARE_ARGUMENT)
        if argument is None:
            raise self.fail("an argument in the brackets: a word or a quoted string")
        if not self.literal("]"):
            raise self.fail("']'")
        return FieldRef(name, argument, start + 1)

    def transform(self, name: str, start: int) -> Transform:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"at most {MAX_DEPTH} levels of parentheses", message="the condition is nested too deeply")
        arguments: list[Operand] = []
        while True:
            self.blank()
            operand: Operand | None = self.left()
            if operand is None:
                text = self.quoted() if arguments or name in {"join", "concat", "getopt"} else None
                if text is None:
                    raise self.fail(f"a field inside {name}()")
                operand = Value(text, quoted=True)
            arguments.append(operand)
            self.blank()
            if not self.literal(","):
                break
        if not self.literal(")"):
            raise self.fail(f"')' that closes {name}(")
        self.depth -= 1
        return Transform(name, tuple(arguments), start + 1)

    def quoted(self) -> str | None:
        """A quoted string, or None when no quote stands here."""
        delimiter = self.text[self.at : self.at + 1]
        if delimiter not in {"'", '"'}:
            return None
        out: list[str] = []
        place = self.at + 1
        while place < len(self.text):
            character = self.text[place]
            if character == delimiter:
                self.at = place + 1
                return "".join(out)
            if character == "\\" and place + 1 < len(self.text):
                place += 1
                escaped = self.text[place]
                # An escape that is none stays as it is: patterns such as "\d+" are written without doubling.
                out.append(_UNESCAPES.get(escaped, escaped if escaped in "\\\"'/" else "\\" + escaped))
            else:
                out.append(character)
            place += 1
        raise self.fail(f"a closing {delimiter}", message="a quoted string is not closed")

    def value(self) -> Value | None:
        text = self.quoted()
        if text is not None:
            return Value(text, quoted=True)
        bare = self.take(_BARE)
        return None if bare is None else Value(bare)

    # --- comparisons ---

    def condition(self, left: FieldRef | Transform, start: int) -> Expr:
        self.blank()
        if self.take(_EXISTS):
            return Exists(left, start + 1)
        operator = self.take(_OPERATOR)
        if operator is None:
            raise self.fail("an operator (=, !=, <, in, contains, startswith, endswith, glob, regex, pmatch, exists …)")
        self.blank()
        if operator == "==":
            operator = "="
        modifier = self.take(_MODIFIER) if operator in TEXT_OPERATORS else None
        if modifier is not None:
            self.blank()
            return Compare(left, f"{operator} {modifier}", self.list_values(modifier), start + 1)
        match = _RIGHT_TRANSFORM.match(self.text, self.at)
        if match:
            place = self.at
            self.at = match.end()
            return Compare(left, operator, self.transform(match[1], place), start + 1)
        if operator in LIST_OPERATORS:
            return Compare(left, operator, self.list_values(operator), start + 1)
        if operator in NUMBER_OPERATORS:
            number = self.take(_NUMBER)
            if number is None:
                raise self.fail(f"a number after {operator!r}")
            return Compare(left, operator, Value(number), start + 1)
        value = self.value()
        if value is None:
            raise self.fail(f"a value after {operator!r}: a word or a quoted string")
        return Compare(left, operator, value, start + 1)

    def list_values(self, operator: str) -> tuple[Value, ...]:
        if not self.literal("("):
            name = self.take(_IDENTIFIER)
            if name is None:
                raise self.fail(f"a list in parentheses after {operator!r}")
            return (Value(name),)
        values: list[Value] = []
        self.blank()
        if self.literal(")"):
            return ()
        while True:
            self.blank()
            value = self.value()
            if value is None:
                raise self.fail("a value: a word or a quoted string")
            values.append(value)
            self.blank()
            if self.literal(")"):
                return tuple(values)
            if not self.literal(","):
                raise self.fail("',' or ')' in the list")


@lru_cache(maxsize=4096)
def parse_condition(text: str) -> Expr:
    """Read a condition.

    Raises:
        ConditionError: the text is no condition; says where and what was expected.
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"the condition is longer than {MAX_LENGTH} characters", expected="a shorter condition")
    if not text.strip():
        raise ConditionError("the condition is empty", expected="a field, a macro name or '('")
    return _Parser(text).whole()
