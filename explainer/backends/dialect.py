"""What one server accepts: found out from its own refusals, and remembered per address and model."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass, replace
from typing import Any

from explainer.schema.exchange import Message, ModelRequest, StructuredMode


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a request is put to one server. The first try is what OpenAI's own API documents."""

    structured: StructuredMode = "json_schema"
    strict: bool = True
    token_parameter: str = "max_tokens"  # noqa: S105 - a parameter's name
    temperature: bool = True
    seed: bool = True
    system_role: bool = True
    """False: the model's chat template knows no system message, so it leads the first user message."""

    def body(self, request: ModelRequest, model: str) -> dict[str, Any]:
        """The JSON body of the request in this dialect, in the order in which the client library writes it."""
        structured: StructuredMode = self.structured if request.output_schema else "text"
        messages = request.messages
        if request.output_schema and structured != "json_schema":
            messages = told(messages, request.output_schema)
        if not self.system_role:
            messages = folded(messages)
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            self.token_parameter: request.max_output_tokens,
        }
        if structured == "json_object":
            body["response_format"] = {"type": "json_object"}
        elif structured == "json_schema":
            strict = strict_schema(request.output_schema) if self.strict else None
            schema: dict[str, Any] = {"name": request.schema_name, "schema": strict or request.output_schema}
            if strict:
                schema["strict"] = True
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if self.seed and request.seed is not None:
            body["seed"] = request.seed
        if self.temperature:
            body["temperature"] = request.temperature
        return body


_OPENAI_HOSTS = ("api.openai.com", ".openai.azure.com", ".cognitiveservices.azure.com")
_REASONING = re.compile(r"(?:^|/)(?:o\d|gpt-5)", re.IGNORECASE)


def starting(host: str, model: str) -> Dialect:
    """The first try for a server; a wrong guess costs one refused request."""
    if not host.endswith(_OPENAI_HOSTS):
        return Dialect()
    return Dialect(token_parameter="max_completion_tokens", temperature=not _REASONING.search(model))  # noqa: S106


# What the texts of refusals have in common, over OpenAI, Azure, vLLM, Ollama, llama.cpp, LM Studio, TGI, SGLang,
# LiteLLM, Mistral, DeepSeek, Groq and OpenRouter: the name of the thing they refuse.
_TOO_LONG = re.compile(
    r"context[ _-]?(?:length|size|window)|maximum (?:context|model) len|exceed_context"
    r"|too many tokens|prompt is too long",
    re.IGNORECASE,
)
_FILTERED = re.compile(r"content[ _-]?(?:filter|policy|management)|safety|invalid_prompt|moderation", re.IGNORECASE)
_FORM = re.compile(
    r"response[ _]?format|json[ _]?(?:schema|object|mode)|structured|schema|grammar|guided|word 'json'", re.IGNORECASE
)
_STRICT = re.compile(r"strict|additionalProperties|'required'|\"required\"|required is required", re.IGNORECASE)
_SYSTEM = re.compile(r"system (?:role|message|prompt)|role.{0,40}system|roles must alternate", re.IGNORECASE)


def too_long(text: str) -> bool:
    """Whether a refusal is about the length of the prompt: no other wording of it will help."""
    return bool(_TOO_LONG.search(text))


def filtered(text: str) -> bool:
    """Whether a refusal is a content filter's."""
    return bool(_FILTERED.search(text))


def about_form(text: str) -> bool:
    """Whether a server error is in truth a complaint about the answer's form (grammars that fail to compile)."""
    return bool(_FORM.search(text))


def adapted(dialect: Dialect, text: str, *, form: bool) -> Dialect | None:
    """The next dialect to try after a refusal with this text; None when there is nothing left to change.

    Args:
        dialect: what was refused.
        text: the server's message with the name of the parameter it complains about.
        form: the request asks for JSON, so there is a simpler form to fall back to.
    """
    if too_long(text) or filtered(text):
        return None
    if dialect.token_parameter == "max_tokens" and "max_completion_tokens" in text:  # noqa: S105
        return replace(dialect, token_parameter="max_completion_tokens")  # noqa: S106
    if dialect.token_parameter == "max_completion_tokens" and "max_completion_tokens" in text:  # noqa: S105
        return replace(dialect, token_parameter="max_tokens")  # noqa: S106
    if dialect.temperature and re.search(r"\btemperature\b", text):
        return replace(dialect, temperature=False)
    if dialect.seed and re.search(r"\bseed\b", text):
        return replace(dialect, seed=False)
    if dialect.system_role and _SYSTEM.search(text):
        return replace(dialect, system_role=False)
    if not form:
        return None
    if dialect.structured == "json_schema":
        if dialect.strict and _STRICT.search(text):
            return replace(dialect, strict=False)
        # llama.cpp before its json_schema support, LM Studio the other way round, and servers that say just "bad
        # request": an unexplained refusal is answered with the next simpler form.
        return replace(dialect, structured="json_object")
    if dialect.structured == "json_object":
        return replace(dialect, structured="text")
    return None


def told(messages: tuple[Message, ...], schema: dict[str, Any]) -> tuple[Message, ...]:
    """The messages with the answer's schema in words, for servers that do not hold a model to it."""
    text = "Answer with one JSON object and nothing else. It must be valid against this JSON Schema:\n" + json.dumps(
        schema, separators=(",", ":"), ensure_ascii=False
    )
    head = messages[0] if messages else None
    if head is not None and head.role == "system":
        return (Message(role="system", content=f"{head.content}\n\n{text}"), *messages[1:])
    return (Message(role="system", content=text), *messages)


def folded(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages without the system role: its text leads the first user message."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    if not system:
        return tuple(rest)
    if rest and rest[0].role == "user":
        return (Message(role="user", content=f"{system}\n\n{rest[0].content}"), *rest[1:])
    return (Message(role="user", content=system), *rest)


_NOT_STRICT = frozenset(
    {"allOf", "oneOf", "not", "if", "then", "else", "prefixItems", "patternProperties", "dependentRequired"}
)
_DROPPED = frozenset({"default", "title", "examples", "$schema", "$id", "$comment"})


def strict_schema(schema: dict[str, Any]) -> dict[str, Any] | None:
    """The schema as OpenAI's strict mode wants it: every property required, nothing additional, no defaults.

    Every answer to it is valid against the original too. None when the schema says something that strict mode cannot.
    """
    copied = copy.deepcopy(schema)
    return copied if copied.get("type") == "object" and _make_strict(copied) else None


def _make_strict(node: Any) -> bool:
    if isinstance(node, list):
        return all(_make_strict(item) for item in node)
    if not isinstance(node, dict):
        return True
    if _NOT_STRICT & node.keys():
        return False
    for key in _DROPPED & node.keys():
        del node[key]
    if "$ref" in node and len(node) > 1:
        reference = node["$ref"]
        node.clear()
        node["$ref"] = reference
    if node.get("type") == "object" or "properties" in node:
        if not isinstance(node.get("properties"), dict) or node.get("additionalProperties") not in (None, False):
            return False
        node["required"] = list(node["properties"])
        node["additionalProperties"] = False
    for key in ("properties", "$defs", "definitions"):
        named = node.get(key)
        if isinstance(named, dict) and not all(_make_strict(value) for value in named.values()):
            return False
    return all(_make_strict(node[key]) for key in ("items", "anyOf") if key in node)
