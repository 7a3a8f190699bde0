from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.alerts import make_enriched

from explainer.errors import BackendTimeout, BackendUnavailable, BudgetError, ReplayMiss
from explainer.flow import Ask, Keep, Lookup, Plan, explain_flow, prepare
from explainer.schema.enriched import Group
from explainer.schema.exchange import ModelReply, Usage
from explainer.schema.report import Provenance, Report
from explainer.store.prompt_files import shipped_library

GOOD = {
    "claims": [{"text": "insmod was started by falcoctl in container 3f9c1d27ab60.", "cites": ["E3", "E4", "E6"]}],
    "verdict": "benign",
    "confidence": "medium",
    "summary": "The process insmod ran as root on node-7 in container 3f9c1d27ab60. Whether the load worked is open.",
    "action_ids": ["inspect"],
}


@pytest.fixture
def plan() -> Plan:
    enriched = make_enriched()
    return Plan(
        enriched=enriched,
        group=Group(fingerprint="f" * 16, alert=enriched.alert, ids=("a1",)),
        provenance=Provenance(product_version="0", backend="openai", model="m", origin="model"),
        template=shipped_library().get("explain"),
        repair=shipped_library().get("repair"),
        model="m",
    )


def reply(answer: object) -> ModelReply:
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return ModelReply(
        text=text, model="m-1", backend="openai", usage=Usage(input_tokens=10, output_tokens=5, measured=True)
    )


def run(plan: Plan, *answers: object) -> tuple[Report, list[object]]:
    """Drive the flow; Ask is answered in turn, Lookup misses unless the answer is a string for it."""
    flow, steps, queue = explain_flow(plan), [], list(answers)
    try:
        step = next(flow)
        while True:
            steps.append(step)
            if isinstance(step, Ask):
                answer = queue.pop(0)
                step = flow.throw(answer) if isinstance(answer, Exception) else flow.send(reply(answer))
            else:
                step = flow.send(None)
    except StopIteration as stop:
        return stop.value, steps


def test_a_good_answer_is_asked_once_kept_and_marked_as_the_models(plan: Plan) -> None:
    report, steps = run(plan, GOOD)
    assert [type(step) for step in steps] == [Lookup, Ask, Keep]
    assert report.claims[0].origin == "model"
    assert report.provenance.prompt == "explain@1.0.0"
    assert (report.provenance.tokens_in, report.provenance.model_answered) == (10, "m-1")
    assert report.provenance.degraded is None


def test_an_unreadable_answer_is_repaired_once(plan: Plan) -> None:
    report, steps = run(plan, "I am sorry.", GOOD)
    assert [type(step) for step in steps] == [Lookup, Ask, Ask, Keep]
    assert report.provenance.repaired
    assert report.provenance.tokens_out == 10


def test_the_repair_shows_the_model_its_answer_and_what_was_wrong(plan: Plan) -> None:
    _, steps = run(plan, "no json here", GOOD)
    second = steps[2]
    assert isinstance(second, Ask)
    assert "no json here" in second.request.messages[-1].content
    assert "verdict" in second.request.messages[-1].content


def test_two_unreadable_answers_fall_back_to_knowledge_and_keep_nothing(plan: Plan) -> None:
    report, steps = run(plan, "x", "y")
    assert not any(isinstance(step, Keep) for step in steps)
    assert report.provenance.degraded is not None
    assert report.summary == plan.enriched.summary


@pytest.mark.parametrize("error", [BackendTimeout("too slow"), BackendUnavailable("no server")])
def test_a_model_that_fails_never_loses_the_report(plan: Plan, error: Exception) -> None:
    report, _ = run(plan, error)
    assert report.verdict.value == "benign"
    assert report.provenance.degraded is not None
    assert report.provenance.origin == "knowledge"
    assert report.provenance.prompt == "explain@1.0.0"


def test_with_require_model_the_failure_is_raised(plan: Plan) -> None:
    with pytest.raises(BackendTimeout):
        run(replace(plan, require_model=True), BackendTimeout("too slow"))


def test_a_missing_recording_is_an_error_and_no_degraded_report(plan: Plan) -> None:
    with pytest.raises(ReplayMiss):
        run(plan, ReplayMiss("no recording", key="k"))


def test_a_cached_answer_is_verified_again(plan: Plan) -> None:
    lie = {**GOOD, "claims": [{"text": "The user alice exfiltrated /etc/shadow to 192.0.2.9.", "cites": ["E3"]}]}
    flow = explain_flow(plan)
    assert isinstance(next(flow), Lookup)
    with pytest.raises(StopIteration) as stop:
        flow.send(reply(lie).model_dump_json())
    report: Report = stop.value.value
    assert report.provenance.cache_hit
    assert "alice" not in " ".join(claim.text for claim in report.claims)
    assert report.removed_claims


@pytest.mark.parametrize("planted", ["", "{}", "not json", '{"text": 3}', "\x80\x04."])
def test_a_poisoned_cache_entry_counts_as_a_miss(plan: Plan, planted: str) -> None:
    flow = explain_flow(plan)
    next(flow)
    assert isinstance(flow.send(planted), Ask)


def test_no_template_means_no_question(plan: Plan) -> None:
    report, steps = run(replace(plan, template=None))
    assert steps == []
    assert report.summary == plan.enriched.summary


def test_a_request_over_the_cost_limit_is_not_sent(plan: Plan) -> None:
    report, steps = run(replace(plan, max_cost_usd=0.001, estimate_cost=lambda _m, _u: 0.5))
    assert steps == []
    assert "0.5000 USD" in (report.provenance.degraded or "")


def test_a_cost_limit_with_an_unknown_price_sends_nothing(plan: Plan) -> None:
    with pytest.raises(BudgetError, match="no price"):
        prepare(replace(plan, max_cost_usd=1.0))


def test_equal_inputs_give_equal_requests_and_reports(plan: Plan) -> None:
    assert prepare(plan).request.key == prepare(plan).request.key
    assert run(plan, GOOD)[0].model_dump_json() == run(plan, GOOD)[0].model_dump_json()


def test_two_endpoints_never_share_an_answer(plan: Plan) -> None:
    one, other = (next(explain_flow(replace(plan, endpoint=e))) for e in ("http://a/v1", "http://b/v1"))
    assert one != other


def test_the_shipped_prompts_are_as_released(fixtures: Path) -> None:
    assert shipped_library().problems() == []
