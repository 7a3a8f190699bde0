"""What scoring costs: reading a report and judging it, scorer by scorer. Results are printed, never committed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from explainer.client import Explainer
from explainer.evaluation.answer import Answer
from explainer.evaluation.case import load_cases
from explainer.evaluation.scorers import SCORERS, ScoringContext
from explainer.evaluation.scoring import score
from explainer.session import Session


def milliseconds(work: Callable[[], object], times: int = 3) -> float:
    """The best of some runs, which is what the work costs on a machine that others use too."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best * 1000


def main() -> None:
    """Print the figures."""
    cases = load_cases()
    quick = [name for name in SCORERS.names() if name != "S10"]
    contexts, reports = [], []
    with Explainer(backend="knowledge", default_rules=False, cache=False) as explainer:
        for loaded in cases:
            group = Session(explainer.equipment, [loaded.alert]).groups()[0]
            enriched = explainer.equipment.enriched(group)
            contexts.append((loaded.case, enriched))
            reports.append(explainer.explain(loaded.alert))

    def make(number: int, answer: Answer) -> ScoringContext:
        case, enriched = contexts[number]
        return ScoringContext(case, enriched.alert, enriched, answer)

    for title, texts in (
        ("references", [loaded.case.reference for loaded in cases]),
        ("knowledge reports", [Answer.of_report(report).text for report in reports]),
    ):
        size = statistics.mean(len(text) for text in texts)
        answers = [Answer.of_markdown(text) for text in texts]
        for number, answer in enumerate(answers):
            score(make(number, answer))
        read = milliseconds(lambda t=texts: [Answer.of_markdown(text) for text in t]) / len(texts)  # type: ignore[misc]

        def fresh(t: list[str] = texts) -> list[Answer]:
            return [Answer.of_markdown(text) for text in t]

        whole = milliseconds(lambda: [score(make(n, a), names=quick) for n, a in enumerate(fresh())]) / len(texts)
        print(
            f"{title}: {len(texts)} of {size:.0f} characters; {read:.3f} ms to read, {whole:.3f} ms to read and score"
        )
        for name in SCORERS.names():
            scorer = SCORERS.get(name)
            answers = fresh()
            took = milliseconds(lambda s=scorer, a=answers: [s.score(make(n, x)) for n, x in enumerate(a)], 1)  # type: ignore[misc]
            print(f"  {name:4} {took / len(texts):7.3f} ms  {scorer.title}")


if __name__ == "__main__":
    main()
