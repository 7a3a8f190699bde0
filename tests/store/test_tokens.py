from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.store import tokens
from explainer.store.tokens import TokenCounter, over_estimate

ROOT = Path(__file__).resolve().parents[2]


class Counting:
    def __init__(self, answer: int | None) -> None:
        self.answer = answer

    def count_tokens(self, text: str) -> int | None:  # noqa: ARG002
        return self.answer


def test_a_backend_that_counts_is_believed():
    assert TokenCounter("any", Counting(5))("text") == (5, True)


def test_without_a_tokenizer_the_count_is_an_estimate_and_says_so():
    assert TokenCounter("any", Counting(None))("some text") == (over_estimate("some text"), False)


def test_a_table_that_is_not_cached_is_not_downloaded(monkeypatch, tmp_path):
    # Sockets to anywhere are blocked in the tests, so a try to download would raise.
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert TokenCounter("gpt-4o")("some text")[1] is False


def test_a_cached_table_is_used(monkeypatch, tmp_path):
    # tiktoken checks the table's hash, so a made-up one shows only that the cache was looked into and taken.
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    for address in tokens._addresses("o200k_base"):
        name = hashlib.sha1(address.encode()).hexdigest()  # noqa: S324 - as tiktoken names it
        (tmp_path / name).write_bytes(b"")
    assert tokens._cached("o200k_base")
    assert not tokens._cached("cl100k_base")


def test_tiktoken_without_a_cache_folder_is_never_cached(monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    assert not tokens._cached("o200k_base")


def test_the_addresses_of_the_tables_are_found_in_tiktoken_itself():
    assert all(tokens._addresses(name) for name in ("o200k_base", "cl100k_base"))


@pytest.mark.parametrize("name", ["gpt-4o", "openai/gpt-4o-mini", "gpt-4.1-mini", "o3"])
def test_openais_models_have_an_encoding(name):
    assert tokens._encoding_name(name) == "o200k_base"


def test_other_models_have_none():
    assert tokens._encoding_name("llama-3.1-8b") is None


HEX = " ".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(20))
BASE64 = base64.b64encode(b"".join(hashlib.sha256(bytes([number])).digest() for number in range(40))).decode()
# True counts, the higher of SmolLM2's and Qwen2.5's tokenizers.
MEASURED = {
    "the process opened a file below etc and then connected to an outside address which nobody expected before": 18,
    "0123456789" * 50: 500,
    "安全警报容器" * 100: 1400,
    "процесс запустил оболочку внутри контейнера " * 20: 701,
    " \n\t  \n" * 200: 600,
    "🚀😀" * 50: 400,
}


@pytest.mark.parametrize("text", MEASURED, ids=lambda text: text[:10].encode("unicode_escape").decode())
def test_the_estimate_is_not_below_what_was_measured(text):
    assert over_estimate(text) >= MEASURED[text]


@pytest.mark.parametrize(("text", "least"), [(HEX, 0.85), (BASE64, 0.8)], ids=["hashes", "base64"])
def test_dense_text_counts_nearly_by_character(text, least):
    assert over_estimate(text) >= least * len(text)


def test_prose_is_not_over_estimated_beyond_reason():
    words = "A shell was spawned in a container by a process that nobody has seen before in this place. " * 10
    assert over_estimate(words) <= len(words) / 2.5


@given(st.text(), st.text())
def test_more_text_never_counts_less(first, second):
    assert 1 <= over_estimate(first) <= over_estimate(first + "\n" + second) + 1


@pytest.mark.model
def test_the_estimate_is_never_below_the_true_count_of_prompts_and_alerts():
    pytest.importorskip("xllamacpp", reason="the [local] extra is not installed")
    from explainer.backends.base import BackendOptions
    from explainer.backends.local import LocalBackend
    from explainer.errors import ExplainerError
    from explainer.store.local_models import resolve

    try:
        backend = LocalBackend(BackendOptions(model_path=resolve("smollm2-135m")))
    except ExplainerError as error:
        pytest.skip(f"no model: {error}")
    files = [*ROOT.glob("prompts/*/*.md"), *(ROOT / "fixtures").rglob("*.json"), *(ROOT / "fixtures").rglob("*.txt")]
    shared = ROOT.parent / "shared" / "alerts"
    files += sorted(shared.rglob("*.json"))[::5] if shared.is_dir() else []
    low = {}
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")[:20_000]
        if text.strip() and over_estimate(text) < (true := backend.count_tokens(text)):
            low[path.name] = (over_estimate(text), true)
    assert low == {}
