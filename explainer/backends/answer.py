"""Reads a chat completion as any server prints it: where the text is, what is reasoning, what is a refusal."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from explainer.errors import BackendBadReply, BackendError, BackendRefused
from explainer.schema.exchange import FinishReason, Usage

_THINK = re.compile(r"\A\s*<(think|thinking|thought|reasoning)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THINK_END = re.compile(r"</(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
# gpt-oss ("harmony") when a server passes its channels through unparsed.
_FINAL_CHANNEL = re.compile(r"<\|channel\|>final[^<]*<\|message\|>")
_CONTROL = re.compile(r"<\|(?:end|return|start|call)\|>.*\Z", re.DOTALL)

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice of a completion, sorted."""

    text: str
    reasoning: str | None
    finish: FinishReason
    model: str | None
    usage: Usage | None
    """None when the server does not count."""


def read(body: Any) -> Answer:
    """Sort a decoded completion.

    Raises:
        BackendRefused: the model or a content filter declined.
        BackendBadReply: no choices, or a choice without any answer.
    """
    if not isinstance(body, dict):
        raise BackendBadReply("the reply is no JSON object", hint="check that the base URL is an OpenAI-compatible API")
    if body.get("error") and not body.get("choices"):
        raise BackendBadReply(
            "the server answered 200 with an error inside",
            hint="check the base URL: most servers want it to end in /v1",
        )
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        raise BackendBadReply("the reply has no choices", hint="check that the base URL is an OpenAI-compatible API")
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    reason = choice.get("finish_reason")
    if message.get("refusal"):
        raise _said_nothing(
            BackendRefused("the model refused to answer", hint="reword the prompt, or ask another model")
        )
    if reason == "content_filter":
        hint = "ask another model or provider"
        raise _said_nothing(BackendRefused("the provider's content filter stopped the answer", hint=hint))
    finish: FinishReason = _FINISH.get(reason, "unknown") if isinstance(reason, str) else "unknown"
    text = _content(message.get("content"))
    called = _arguments(message)
    if called is not None and not text.strip():
        text, finish = called, "tool_calls" if finish != "length" else "length"
    text, thought = split_reasoning(text)
    stated = message.get("reasoning_content") or message.get("reasoning")
    reasoning = "\n".join(part for part in (stated if isinstance(stated, str) else None, thought) if part) or None
    if not text.strip():
        if finish == "length":
            hint = "raise max_output_tokens in the settings, or turn the model's reasoning down"
            raise _said_nothing(BackendBadReply("the output tokens ran out before the answer began", hint=hint))
        raise _said_nothing(BackendBadReply("the model's answer is empty", hint="try again, or ask another model"))
    model = body.get("model")
    return Answer(
        text=_sound(text),
        reasoning=_sound(reasoning) if reasoning else None,
        finish=finish,
        model=_sound(model)[:200] if isinstance(model, str) and model else None,
        usage=read_usage(body.get("usage")),
    )


def _said_nothing(error: BackendError) -> BackendError:
    error.answered = True
    return error


def split_reasoning(text: str) -> tuple[str, str | None]:
    """Answer and reasoning of a text that may begin with a think block, or end one that the prompt template began.

    Only a leading block counts: inside an answer the same tags are content, and may be an attacker's.
    """
    if final := _FINAL_CHANNEL.search(text):
        if text.lstrip().startswith("<|"):
            return _CONTROL.sub("", text[final.end() :]).strip(), text[: final.start()].strip() or None
        return text, None
    thoughts: list[str] = []
    while block := _THINK.match(text):
        thoughts.append(block.group(2).strip())
        text = text[block.end() :]
    if not thoughts and not text.lstrip().startswith(("{", "[", '"', "`")) and (end := _THINK_END.search(text)):
        thoughts.append(text[: end.start()].strip())
        text = text[end.end() :]
    if not thoughts:
        return text, None
    return text.strip(), "\n".join(filter(None, thoughts)) or None


def read_usage(usage: Any) -> Usage | None:
    """The server's own count, or None when it gives none that can be read."""
    if not isinstance(usage, dict):
        return None
    given, made = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not _count(given) or not _count(made):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return Usage(
        input_tokens=given, output_tokens=made, cached_input_tokens=cached if _count(cached) else 0, measured=True
    )


def _sound(text: str) -> str:
    """Text without lone surrogates: JSON can spell half a pair, and no encoder takes it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _content(content: Any) -> str:
    """Text of a message: a string, or the text parts of a list; reasoning parts are left out."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        # Some servers parse the JSON that was asked for.
        return json.dumps(content, ensure_ascii=False)
    if not isinstance(content, list):
        return ""
    parts = [
        part if isinstance(part, str) else part.get("text")
        for part in content
        if isinstance(part, str) or (isinstance(part, dict) and part.get("type", "text") in ("text", "output_text"))
    ]
    return "".join(part for part in parts if isinstance(part, str))


def _arguments(message: dict[str, Any]) -> str | None:
    """Arguments of the first tool call as JSON text."""
    calls = message.get("tool_calls")
    call = calls[0] if isinstance(calls, list) and calls else {"function": message.get("function_call")}
    function = call.get("function") if isinstance(call, dict) else None
    arguments = function.get("arguments") if isinstance(function, dict) else None
    if isinstance(arguments, str):
        return arguments
    return json.dumps(arguments, ensure_ascii=False) if isinstance(arguments, dict) else None
