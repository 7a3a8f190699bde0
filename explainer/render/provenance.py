"""How a report came about, as rows."""

from __future__ import annotations

from explainer.render.outline import Line, Row, Value, Words
from explainer.schema.report import Origin, Provenance


def _tokens(source: Provenance) -> str | None:
    if source.tokens_in is None and source.tokens_out is None:
        return None
    came = "?" if source.tokens_in is None else f"{source.tokens_in:,}"
    went = "?" if source.tokens_out is None else f"{source.tokens_out:,}"
    return f"{came} in, {went} out ({'measured' if source.tokens_measured else 'estimated'})"


def explained_by(source: Origin, verdict: Origin) -> str:
    """Who wrote the text, and who gave the verdict where that is another."""
    names = {"model": "the model", "knowledge": "the knowledge base"}
    return names[source] if source == verdict else f"{names[source]}, with a verdict of {names[verdict]}"


def provenance_rows(source: Provenance, verdict: Origin) -> tuple[Row, ...]:
    """Rows with content, the ones that readers ask for first."""
    words = {
        "Tokens": _tokens(source),
        "Cost": None if source.cost_usd is None else f"{source.cost_usd:.6g} USD",
        "Latency": None if source.latency_ms is None else f"{source.latency_ms:,.0f} ms",
        "Attempts": str(source.attempts) if source.attempts else None,
        "Repaired": "yes: the first answer had to be asked for again" if source.repaired else None,
        "Cache": "answer taken from the cache, verified again" if source.cache_hit else None,
    }
    values = {
        "Degraded": source.degraded,
        "Prompt": source.prompt,
        "Model asked": source.model,
        "Model that answered": source.model_answered,
        "Backend": source.backend,
    }
    hashes = {
        "Product version": source.product_version,
        "Report schema": source.report_schema,
        "Redaction": source.redaction,
        "Structured output": source.structured,
        "Prompt sha256": source.prompt_sha256,
        "Request hash": source.request_hash,
        "Knowledge hash": source.knowledge_hash,
        "Advice hash": source.advice_hash,
        "Rules hash": source.rules_hash,
    }

    def rows(named: dict[str, str | None], *, ours: bool) -> list[Row]:
        found: list[Row] = []
        for label, text in named.items():
            if text:
                line: Line = (Words(text),) if ours else (Value(text, whole=True),)
                found.append(Row(Words(label), line))
        return found

    origin = Row(Words("Explained by"), (Words(explained_by(source.origin, verdict)),))
    return (*rows(values, ours=False), origin, *rows(words, ours=True), *rows(hashes, ours=False))
