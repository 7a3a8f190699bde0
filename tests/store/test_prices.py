from __future__ import annotations

from datetime import date

import pytest

from explainer.errors import ConfigError
from explainer.schema.exchange import Usage
from explainer.store.prices import context_tokens, cost, overridden, shipped

MILLION = Usage(input_tokens=1_000_000, output_tokens=1_000_000)


def test_the_table_is_dated_and_every_price_is_above_zero():
    table = shipped()
    assert date.fromisoformat(table.as_of) < date(2100, 1, 1)
    assert all(0 < price.input <= price.output for price in table.prices.values())


def test_cost_is_input_plus_output():
    price = shipped().prices["gpt-4o-mini"]
    assert cost("gpt-4o-mini", MILLION) == pytest.approx(price.input + price.output)


def test_cached_input_costs_its_own_price():
    price = shipped().prices["gpt-4o"]
    usage = Usage(input_tokens=1_000_000, cached_input_tokens=1_000_000)
    assert cost("gpt-4o", usage) == pytest.approx(price.cached_input)


@pytest.mark.parametrize("name", ["gpt-4o-2024-08-06", "openai/gpt-4o", "GPT-4o", "gpt-4o-latest"])
def test_dated_and_prefixed_names_find_their_family(name):
    assert cost(name, MILLION) == cost("gpt-4o", MILLION)


@pytest.mark.parametrize("name", ["", "gpt-4o-my-finetune", "ft:gpt-4o:org", "llama3", "gpt-4o-2024", "/", "-latest"])
def test_an_unknown_model_has_no_price(name):
    assert cost(name, MILLION) is None


def test_a_local_model_costs_nothing():
    assert cost("anything", MILLION, local=True) == 0


def test_a_sites_own_price_wins_and_adds():
    table = overridden({"models": {"gpt-4o": {"input": 1, "output": 2}, "in-house": {"input": 0, "output": 0}}})
    assert cost("gpt-4o", MILLION, table=table) == 3
    assert cost("in-house", MILLION, table=table) == 0
    assert cost("gpt-4o-mini", MILLION, table=table) == cost("gpt-4o-mini", MILLION)


@pytest.mark.parametrize(
    "models", [{"x": {}}, {"x": {"input": "much", "output": 1}}, {"x": {"input": -1, "output": 1}}, {"x": 3}, [1]]
)
def test_a_price_that_is_none_is_a_setting_error(models):
    with pytest.raises(ConfigError):
        overridden({"models": models})


def test_the_context_of_a_model_is_known_with_its_price():
    assert context_tokens("gpt-4o") == 128000
    assert context_tokens("unheard-of") is None
