"""A condition on several lines, for people: one part a line, indented by what holds it together."""

from __future__ import annotations

from explainer.enrich.condition_ast import And, Compare, Expr, Not, Or, format_condition, format_value

_STEP = "  "


def layout_condition(expr: Expr, width: int = 96) -> str:
    """The condition as Falco reads it, with a line for each part that does not fit with its neighbours.

    Args:
        expr: a parsed condition.
        width: columns that a line should not exceed; a single long value may.

    Returns:
        Text of the same language: parsing it gives an equal expression.
    """
    return "\n".join(_lines(expr, width))


def _lines(expr: Expr, width: int) -> list[str]:
    whole = format_condition(expr)
    if len(whole) <= width:
        return [whole]
    if isinstance(expr, And | Or):
        word = "and " if isinstance(expr, And) else "or "
        lines: list[str] = []
        for number, child in enumerate(expr.children):
            part = _group(child, width) if isinstance(child, And | Or) else _lines(child, width - len(word))
            lines += _after(word if number else "", part)
        return lines
    if isinstance(expr, Not):
        child = expr.child
        inner = _group(child, width) if isinstance(child, And | Or | Not) else _lines(child, width - 4)
        return _after("not ", inner)
    if isinstance(expr, Compare) and isinstance(expr.right, tuple) and expr.right:
        return _list(whole[: whole.index("(")], [format_value(value.text) for value in expr.right], width)
    return [whole]


def _group(expr: Expr, width: int) -> list[str]:
    whole = format_condition(expr)
    if len(whole) + 2 <= width:
        return [f"({whole})"]
    return ["(", *(_STEP + line for line in _lines(expr, width - len(_STEP))), ")"]


def _after(word: str, lines: list[str]) -> list[str]:
    return [word + lines[0], *lines[1:]]


def _list(head: str, values: list[str], width: int) -> list[str]:
    lines, line = [], f"{head}("
    for number, value in enumerate(values):
        piece = value + (", " if number + 1 < len(values) else ")")
        if len(line) + len(piece.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = _STEP
        line += piece
    return [*lines, line]
