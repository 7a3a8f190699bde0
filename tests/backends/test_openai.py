from __future__ import annotations

import asyncio
import json
import logging
import threading
import time

import pytest
from servers import openai_server as s
from servers.openai_server import OpenAIServer, serving

from explainer.backends import openai
from explainer.backends.base import BackendOptions
from explainer.backends.openai import OpenAIBackend
from explainer.errors import (
    BackendBadReply,
    BackendRateLimited,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
    ConfigError,
)
from explainer.schema.exchange import ModelRequest

GOOD = json.dumps(s.GOOD)


def test_an_answer_comes_with_its_model_its_tokens_and_how_it_was_asked_for(ask, request_):
    reply = ask(request_)
    assert (reply.text, reply.model, reply.backend) == (GOOD, "test-model", "openai")
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.measured) == (12, 7, True)
    assert (reply.finish, reply.structured, reply.attempts, reply.cost_usd) == ("stop", "json_schema", 1, None)
    assert reply.latency_ms > 0


def test_the_schema_is_sent_strict_with_every_property_required(ask, request_, server):
    ask(request_)
    sent = server.asked[0].body["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["required"] == ["verdict", "summary"]
    assert sent["schema"]["additionalProperties"] is False


@pytest.mark.parametrize(
    "step", [s.tool_call(), s.tool_call(dict(s.GOOD)), s.thinking(), s.thinking(opened=False)], ids=range(4)
)
def test_tool_calls_and_think_blocks_leave_the_bare_json(ask, request_, server, step):
    server.script(step)
    assert json.loads(ask(request_).text) == s.GOOD


def test_what_a_model_thought_is_kept_apart(ask, request_, server):
    server.script(s.thinking("Could be a test."))
    assert ask(request_).reasoning == "Could be a test."


def test_a_cut_off_answer_says_so(ask, request_, server):
    server.script(s.cut_off())
    assert ask(request_).finish == "length"


def test_the_answering_model_is_reported_by_its_own_word(ask, request_, server):
    server.script(s.wrong_model("other"))
    assert ask(request_).model == "other"


def test_half_a_surrogate_pair_in_an_answer_is_replaced(ask, request_, server):
    server.script(s.raw(b'{"choices":[{"message":{"content":"a\\ud800b"},"finish_reason":"stop"}]}'))
    assert ask(request_).text == "a\ufffdb"


def test_tokens_that_a_server_does_not_count_are_estimated_and_marked(ask, request_, server):
    server.script(s.answer(usage=None))
    usage = ask(request_).usage
    assert (usage.measured, usage.input_tokens > 0, usage.output_tokens > 0) == (False, True, True)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (s.unauthorized(), BackendRefused),
        (s.status(403, "no"), BackendRefused),
        (s.status(404, "model not found"), BackendRefused),
        (s.status(413, "too large"), BackendRefused),
        (s.status(400, "This model's maximum context length is 4096 tokens."), BackendRefused),
        (s.status(400, "The response was filtered", kind="content_filter"), BackendRefused),
        (s.refusal(), BackendRefused),
        (s.answer("", finish="content_filter"), BackendRefused),
        (s.quota_spent(), BackendRateLimited),
        (s.status(402, "Insufficient Balance"), BackendRateLimited),
        (s.html(), BackendBadReply),
        (s.truncated_json(), BackendBadReply),
        (s.raw(b"data: {}\n\n"), BackendBadReply),
        (s.raw(b"[" * 100_000), BackendBadReply),
        (s.raw(b"null"), BackendBadReply),
        (s.raw(b'{"choices": [7]}'), BackendBadReply),
        (s.empty_choices(), BackendBadReply),
        (s.error_inside(), BackendBadReply),
        (s.answer("  "), BackendBadReply),
        (s.answer("<think>and so on", finish="length"), BackendBadReply),
        (s.raw(b"not gzip", Content_Encoding="gzip"), BackendBadReply),
    ],
    ids=str,
)
def test_what_will_not_get_better_is_asked_once(ask, request_, server, step, error):
    server.otherwise = step
    with pytest.raises(error):
        ask(request_)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "step",
    [
        s.rate_limited(),
        s.rate_limited(0),
        s.rate_limited(date_in=-5),
        s.status(429, "slow down", Retry_After="soon"),
        s.status(500, "oops"),
        s.status(502, "oops"),
        s.status(503, "busy", Retry_After="0"),
        s.status(529, "overloaded"),
        s.status(408, "timeout"),
        s.html(503),
        s.reset_mid_body(),
        s.short_body(),
    ],
    ids=str,
)
def test_what_may_get_better_is_asked_again_and_counted(ask, request_, server, step):
    server.script(step, step)
    assert ask(request_).attempts == 3


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (s.rate_limited(), BackendRateLimited),
        (s.status(500), BackendUnavailable),
        (s.reset_mid_body(), BackendUnavailable),
    ],
    ids=str,
)
def test_the_last_of_the_allowed_attempts_is_the_error(ask, request_, server, step, error):
    server.otherwise = step
    with pytest.raises(error):
        ask(request_, attempts=3)
    assert len(server.asked) == 3


def test_a_pause_longer_than_the_deadline_is_not_begun(ask, request_, server):
    server.otherwise = s.rate_limited(30)
    with pytest.raises(BackendRateLimited) as raised:
        ask(request_, deadline=5)
    assert (raised.value.retry_after, len(server.asked)) == (30.0, 1)


def test_a_pause_named_as_a_date_is_understood(ask, request_, server):
    server.otherwise = s.rate_limited(date_in=3600)
    with pytest.raises(BackendRateLimited) as raised:
        ask(request_, deadline=5)
    assert 3590 < raised.value.retry_after <= 3601


@pytest.mark.parametrize(
    "step", [s.slow_headers(), s.drips(), s.drips(headers=True)], ids=["silence", "dripping body", "dripping headers"]
)
def test_the_deadline_holds_whatever_the_server_does(ask, request_, server, step):
    server.otherwise = step
    started = time.monotonic()
    with pytest.raises(BackendTimeout):
        ask(request_, deadline=0.6)
    assert time.monotonic() - started < 5  # the faults last for a minute or for ever


def test_a_slow_attempt_is_given_up_for_the_next(ask, request_, server):
    server.script(s.drips())
    assert ask(request_, timeout=0.4).attempts == 2


def test_a_huge_reply_is_hung_up_on(ask, request_, server, monkeypatch):
    monkeypatch.setattr(openai, "LARGEST_REPLY", 100_000)
    server.script(s.huge(2_000_000))
    with pytest.raises(BackendBadReply, match="larger than"):
        ask(request_)


def test_nobody_listening_is_unavailable(ask, request_, server):
    server.close()
    with pytest.raises(BackendUnavailable, match="refuses the connection"):
        ask(request_, attempts=1)


# --- what a server accepts ---------------------------------------------------------------------


@pytest.mark.parametrize("flavour", s.SCHEMA_REFUSALS)
def test_a_server_without_json_schema_gets_the_schema_in_words(ask, request_, server, flavour):
    server.otherwise = s.knows_no_schema(flavour)
    reply = ask(request_)
    assert (reply.structured, reply.attempts) == ("json_object", 1)
    assert "JSON Schema" in server.asked[-1].body["messages"][0]["content"]


def test_a_server_without_any_form_is_asked_for_text(ask, request_, server):
    server.otherwise = s.knows_no_schema("deepseek", object_too=False)
    assert ask(request_).structured == "text"
    assert "response_format" not in server.asked[-1].body


def test_what_was_learned_is_remembered_for_the_process(ask, request_, server):
    server.otherwise = s.knows_no_schema("deepseek")
    ask(request_)
    before = len(server.asked)
    ask(request_)
    assert len(server.asked) == before + 1


def test_what_was_learned_of_one_model_says_nothing_of_another(ask, request_, server):
    server.otherwise = s.knows_no_schema("deepseek")
    ask(request_)
    server.otherwise = s.answer()
    assert ask(request_, model="second").structured == "json_schema"


def test_a_schema_that_is_not_strict_enough_is_sent_without_the_flag(ask, request_, server):
    def objects(body):
        strict = body.get("response_format", {}).get("json_schema", {}).get("strict")
        return s.status(400, "Invalid schema: 'additionalProperties' must be false") if strict else None

    server.otherwise = s.unless(objects)
    assert ask(request_).structured == "json_schema"
    assert server.asked[-1].body["response_format"]["json_schema"]["schema"] == request_.output_schema


def test_a_reasoning_models_parameters_are_learned(ask, request_, server):
    server.otherwise = s.reasoning_model()
    ask(request_)
    sent = server.asked[-1].body
    assert ("max_tokens" in sent, "temperature" in sent, sent["max_completion_tokens"]) == (False, False, 1200)


def test_a_template_without_a_system_role_gets_it_in_the_first_message(ask, request_, server):
    def objects(body):
        roles = [message["role"] for message in body["messages"]]
        return s.status(400, "System role not supported") if "system" in roles else None

    server.otherwise = s.unless(objects)
    ask(request_)
    assert server.asked[-1].body["messages"] == [{"role": "user", "content": "You explain alerts.\n\nA shell ran."}]


def test_a_server_that_refuses_everything_is_not_asked_for_ever(ask, request_, server):
    server.otherwise = s.status(400, "max_completion_tokens temperature seed system role schema strict")
    with pytest.raises(BackendRefused):
        ask(request_)
    assert len(server.asked) < 12


def test_a_failure_that_only_mentions_the_schema_is_still_retried(ask, request_, server):
    server.script(*[s.status(500, "database schema is locked")] * 3)
    assert ask(request_).attempts >= 1


# --- addresses, keys, settings -----------------------------------------------------------------


def test_an_address_without_a_path_is_tried_under_v1(ask, request_, server):
    assert ask(request_, base_url=server.root).text == GOOD


def test_the_single_model_of_a_server_needs_no_name(ask, request_, server):
    ask(request_, model=None)
    assert server.asked[0].body["model"] == "test-model"


def test_several_models_are_listed_for_the_user_to_choose(ask, request_, server):
    server.models = ["b-model", "a-model"]
    with pytest.raises(ConfigError, match="a-model, b-model"):
        ask(request_, model=None)


def test_no_key_is_needed_and_none_is_sent_to_a_server_of_ones_own(ask, request_, server):
    ask(request_)
    assert "authorization" not in server.asked[0].headers


def test_the_key_is_sent_as_bearer(ask, request_, server):
    ask(request_, api_key="key-of-a-test", headers={"X-Tenant": "blue"})
    headers = server.asked[0].headers
    assert (headers["authorization"], headers["x-tenant"]) == ("Bearer key-of-a-test", "blue")


def test_azure_gets_its_own_address_and_key_header(ask, request_, server):
    ask(request_, base_url=server.root, api_version="2024-10-21", api_key="key-of-a-test", model="my-deployment")
    asked = server.asked[0]
    assert asked.path == "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"
    assert asked.headers["api-key"] == "key-of-a-test"


def test_a_redirect_takes_neither_key_nor_prompt_elsewhere(ask, request_, server):
    with serving() as elsewhere:
        server.script(s.redirect(f"{elsewhere.url}/chat/completions"))
        with pytest.raises(BackendRefused, match="redirect"):
            ask(request_, api_key="key-of-a-test")
        assert elsewhere.received == []


def test_a_proxy_from_the_environment_is_used(ask, request_, server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", server.root)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(BackendRefused):  # our server is no proxy: it answers the absolute address with 404
        ask(request_, base_url="http://models.example.com/v1")
    assert server.received[0].path.startswith("http://models.example.com/v1/")


def test_openai_itself_needs_a_key():
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        OpenAIBackend(BackendOptions())


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://example.com", "http://", "http://[::1", "http://a:99999/v1"])
def test_an_address_that_is_none_is_a_setting_error(url):
    with pytest.raises(ConfigError):
        OpenAIBackend(BackendOptions(base_url=url))


def test_no_message_and_no_log_line_holds_key_prompt_or_answer(ask, request_, server, caplog):
    caplog.set_level(logging.DEBUG, logger="explainer")
    secret = "key-of-a-test"
    server.otherwise = s.status(400, f"bad {secret} You explain alerts. A shell ran.", kind="x y")
    with pytest.raises(BackendRefused) as raised:
        ask(request_, api_key=secret)
    said = str(raised.value) + caplog.text + repr(BackendOptions(api_key=secret, headers={"a": secret}))
    assert not any(part in said for part in (secret, "You explain", "A shell ran"))


# --- sharing -----------------------------------------------------------------------------------


def test_one_backend_serves_many_threads_and_loops(server: OpenAIServer, request_: ModelRequest):
    backend = OpenAIBackend(BackendOptions(base_url=server.url, model="m"))
    got: list[str] = []
    threads = [
        threading.Thread(target=lambda: got.append(backend.complete(request_, deadline=20).text)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for _ in range(2):
        got.append(asyncio.run(backend.acomplete(request_, deadline=20)).text)
    for thread in threads:
        thread.join()
    backend.close()
    backend.close()
    assert got == [GOOD] * 10


def test_a_cancelled_task_hangs_up(server: OpenAIServer, request_: ModelRequest):
    server.otherwise = s.drips()
    backend = OpenAIBackend(BackendOptions(base_url=server.url, model="m"))

    async def give_up() -> None:
        task = asyncio.create_task(backend.acomplete(request_, deadline=None))
        while not server.asked:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(give_up())
    backend.close()
