from __future__ import annotations

import pytest

from explainer.schema.enriched import EnrichedAlert
from explainer.verify.grounding import Ground
from explainer.verify.prose import is_advice, objection, split_sentences


@pytest.mark.parametrize(
    "text",
    [
        "Run modinfo on the file.",
        "You should isolate the node.",
        "The pod must be deleted immediately.",
        "It is recommended to restart the service.",
        "Make sure that SELinux is off.",
        "Administrators can disable the rule.",
    ],
)
def test_advice_is_told_from_findings(text: str) -> None:
    assert is_advice(text)


@pytest.mark.parametrize(
    "text",
    [
        "insmod was started by falcoctl.",
        "The file lies where nothing should lie.",
        "The site has listed no images that the loader should exclude.",
        "Updates of the driver explain the load.",
    ],
)
def test_findings_are_no_advice(text: str) -> None:
    assert not is_advice(text)


@pytest.mark.parametrize(
    "text",
    [
        "falcoctl is falcoctl that is falcoctl that is falcoctl that is falcoctl that is insmod.",
        "Linux Kernel Module Injection Detected",
        "insmod",
        "insmod ran. " * 60,
        "As an AI language model, insmod ran on node-7.",
    ],
    ids=["loop", "title", "word", "endless", "echo"],
)
def test_what_small_models_babble_is_no_finding(text: str, enriched: EnrichedAlert) -> None:
    assert objection(text, Ground.of(enriched), enriched.alert, "benign") is not None


def test_a_dot_in_a_path_or_version_ends_no_sentence() -> None:
    text = "It loaded /root/.falco/7.3.0+driver/x.ko on node-7. The outcome is open."
    assert split_sentences(text) == ["It loaded /root/.falco/7.3.0+driver/x.ko on node-7.", "The outcome is open."]
