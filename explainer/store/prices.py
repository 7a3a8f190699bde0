"""What models cost, from a dated table of list prices."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from explainer.errors import ConfigError
from explainer.schema.exchange import Usage

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens."""

    input: float
    output: float
    cached_input: float | None = None
    """None: cached input costs what input costs."""
    context: int | None = None
    """Context of the model in tokens, prompt and answer together."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by model name, with the day on which they were read."""

    as_of: str
    prices: Mapping[str, Price]

    def find(self, model: str) -> Price | None:
        """The price of a model under its own name, or of the family that a dated or prefixed name belongs to.

        ``gpt-4o-mini-2024-07-18`` and ``openai/gpt-4o-mini`` are ``gpt-4o-mini``; ``gpt-4o-mini-custom`` is unknown.
        """
        name = model.strip().lower()
        for candidate in (name, name.rsplit("/", 1)[-1]):
            if candidate in self.prices:
                return self.prices[candidate]
            stem, dated = _undated(candidate)
            if dated and stem in self.prices:
                return self.prices[stem]
        return None


def _undated(name: str) -> tuple[str, bool]:
    parts = name.split("-")
    for width in (3, 1):
        tail = "".join(parts[-width:])
        if len(parts) > width and len(tail) == 8 and tail.isdigit():
            return "-".join(parts[:-width]), True
    return (name.removesuffix("-latest"), True) if name.endswith("-latest") else (name, False)


@functools.cache
def shipped() -> PriceTable:
    """The table that comes with this package."""
    text = resources.files("explainer").joinpath("data", "prices.toml").read_text(encoding="utf-8")
    return _table(tomllib.loads(text))


def _table(data: Mapping[str, Any], base: PriceTable | None = None) -> PriceTable:
    try:
        entries = {
            str(name).lower(): Price(
                input=float(entry["input"]),
                output=float(entry["output"]),
                cached_input=float(entry["cached_input"]) if "cached_input" in entry else None,
                context=int(entry["context"]) if "context" in entry else None,
            )
            for name, entry in data.get("models", {}).items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            "a price needs 'input' and 'output' in USD per million tokens",
            hint='[models."name"] input = 1.0 output = 2.0',
        ) from error
    if any(price.input < 0 or price.output < 0 for price in entries.values()):
        raise ConfigError("a price is below zero")
    before = base.prices if base else {}
    return PriceTable(as_of=str(data.get("as_of", base.as_of if base else "")), prices={**before, **entries})


def overridden(settings: Mapping[str, Any]) -> PriceTable:
    """The shipped table with a site's own prices over it.

    Args:
        settings: shaped as the file: ``{"models": {"name": {"input": 1.0, "output": 2.0}}}``.

    Raises:
        ConfigError: a price is not a number, or below zero.
    """
    return _table(settings, shipped())


def cost(model: str, usage: Usage, *, local: bool = False, table: PriceTable | None = None) -> float | None:
    """USD for one exchange: 0 for a local model, None when the model's price is unknown."""
    if local:
        return 0.0
    price = (table or shipped()).find(model)
    if price is None:
        return None
    cached = min(usage.cached_input_tokens, usage.input_tokens)
    cached_price = price.input if price.cached_input is None else price.cached_input
    total = (usage.input_tokens - cached) * price.input + cached * cached_price + usage.output_tokens * price.output
    return round(total / MILLION, 9)


def context_tokens(model: str, *, table: PriceTable | None = None) -> int | None:
    """The model's context in tokens, or None when it is unknown."""
    price = (table or shipped()).find(model)
    return price.context if price else None
