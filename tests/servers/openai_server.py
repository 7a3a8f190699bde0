"""A real HTTP server on loopback that speaks OpenAI's chat completions, and misbehaves as scripted."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = {"verdict": "suspicious", "summary": "A shell ran in a container."}


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    raw: bytes = b""
    """The body as it came."""


class Exchange:
    """One request being answered."""

    def __init__(self, handler: BaseHTTPRequestHandler, received: Received, closing: threading.Event) -> None:
        self.handler = handler
        self.received = received
        self._closing = closing

    def wait(self, seconds: float) -> bool:
        """Sleep; False when the server is closing."""
        return not self._closing.wait(seconds)

    def send(self, code: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.handler.send_response(code)
        self.handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        if not any(name.lower() == "content_length" for name in headers):
            self.handler.send_header("Content-Length", str(len(body)))
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def reset(self) -> None:
        """Hang up with a TCP reset instead of a goodbye."""
        self.handler.wfile.flush()
        linger = struct.pack("ii", 1, 0)
        self.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.handler.connection.close()
        self.handler.close_connection = True


Step = Callable[[Exchange], None]


class OpenAIServer:
    """Answers request by request from a script; when the script is over, with ``otherwise``."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.otherwise: Step = answer()
        self.models: list[str] = ["test-model"]
        self._script: list[Step] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # headers and body are two writes: 40 ms apart otherwise

            def log_message(self, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer._serve(self, json.loads(raw) if raw else {}, raw)

            def do_GET(self) -> None:
                outer._serve(self, {})

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128  # a refused connection is tried again after a whole second

            def handle_error(self, *args: Any) -> None:
                pass  # clients hang up on us on purpose

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    @property
    def asked(self) -> list[Received]:
        """The chat requests alone."""
        return [request for request in self.received if request.path.split("?")[0].endswith("/chat/completions")]

    def script(self, *steps: Step) -> OpenAIServer:
        with self._lock:
            self._script.extend(steps)
        return self

    def close(self) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _serve(self, handler: BaseHTTPRequestHandler, body: dict[str, Any], raw_body: bytes = b"") -> None:
        received = Received(
            handler.command, handler.path, {k.lower(): v for k, v in handler.headers.items()}, body, raw_body
        )
        exchange = Exchange(handler, received, self._closing)
        with self._lock:
            self.received.append(received)
            if received.path == "/v1/models":
                listed = {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}
                step: Step = raw(json.dumps(listed).encode())
            elif not received.path.startswith(("/v1/", "/openai/")):
                step = status(404, "Not Found")
            else:
                step = self._script.pop(0) if self._script else self.otherwise
        with contextlib.suppress(OSError):
            step(exchange)


@contextlib.contextmanager
def serving(*steps: Step) -> Iterator[OpenAIServer]:
    server = OpenAIServer().script(*steps)
    try:
        yield server
    finally:
        server.close()


# --- good answers ------------------------------------------------------------------------------


def completion(message: dict[str, Any], finish: str = "stop", model: str | None = None, **extra: Any) -> Step:
    def step(exchange: Exchange) -> None:
        body = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": model or exchange.received.body.get("model"),
            "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19},
            **extra,
        }
        exchange.send(200, json.dumps(body).encode())

    return step


def answer(text: str | None = None, **options: Any) -> Step:
    return completion({"content": json.dumps(GOOD) if text is None else text}, **options)


def fenced() -> Step:
    return answer(f"Here you are:\n```json\n{json.dumps(GOOD)}\n```\n")


def stringified() -> Step:
    return answer(json.dumps(json.dumps(GOOD)))


def thinking(thought: str = "A shell. Hm.", *, opened: bool = True) -> Step:
    return answer(f"{'<think>' if opened else ''}{thought}</think>\n\n{json.dumps(GOOD)}")


def tool_call(arguments: Any = None) -> Step:
    given = json.dumps(GOOD) if arguments is None else arguments
    call = {"id": "c1", "type": "function", "function": {"name": "draft", "arguments": given}}
    return completion({"content": None, "tool_calls": [call]}, finish="tool_calls")


def cut_off() -> Step:
    return answer('{"verdict": "suspi', finish="length")


def wrong_model(name: str = "another-model") -> Step:
    return answer(model=name)


# --- bad answers -------------------------------------------------------------------------------


def refusal() -> Step:
    return completion({"content": None, "refusal": "I cannot help with that."})


def empty_choices() -> Step:
    return raw(b'{"id": "x", "object": "chat.completion", "choices": []}')


def raw(body: bytes, code: int = 200, kind: str = "application/json", **headers: str) -> Step:
    return lambda exchange: exchange.send(code, body, kind, **headers)


def html(code: int = 200) -> Step:
    return raw(b"<!doctype html><title>Sign in</title>", code, "text/html")


def truncated_json() -> Step:
    return raw(b'{"id": "x", "choices": [{"index": 0, "mess')


def huge(size: int) -> Step:
    return answer("x" * size)


def error_inside() -> Step:
    return raw(b'{"error": "Unexpected endpoint or method. (POST /chat/completions)"}')


# --- faults ------------------------------------------------------------------------------------


def status(code: int, message: str = "no", *, param: str | None = None, kind: str = "", **headers: str) -> Step:
    error = {"message": message, "type": kind or "error", "param": param, "code": kind or None}
    return raw(json.dumps({"error": error}).encode(), code, **headers)


def unauthorized() -> Step:
    return status(401, "Incorrect API key provided: key-****", kind="invalid_api_key")


def rate_limited(seconds: float | None = None, *, date_in: float | None = None) -> Step:
    if date_in is not None:
        moment = format_datetime(datetime.now(UTC) + timedelta(seconds=date_in), usegmt=True)
        return status(429, "slow down", Retry_After=moment)
    return status(429, "slow down", **({} if seconds is None else {"Retry_After": str(seconds)}))


def quota_spent() -> Step:
    return status(429, "You exceeded your current quota", kind="insufficient_quota")


def slow_headers(seconds: float = 60.0) -> Step:
    def step(exchange: Exchange) -> None:
        if exchange.wait(seconds):
            answer()(exchange)

    return step


def drips(pause: float = 0.02, *, headers: bool = False) -> Step:
    """Never silent long enough for a read timeout, and never done: in the body, or already in the headers."""

    def step(exchange: Exchange) -> None:
        out = exchange.handler.wfile
        start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        out.write(start + (b"X-A: " if headers else b"Content-Length: 1000000\r\n\r\n"))
        while exchange.wait(pause):
            out.write(b" ")
            out.flush()

    return step


def reset_mid_body() -> Step:
    def step(exchange: Exchange) -> None:
        exchange.handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
        )
        exchange.reset()

    return step


def short_body() -> Step:
    """Closes politely before the announced length."""

    def step(exchange: Exchange) -> None:
        exchange.handler.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
        )
        exchange.handler.close_connection = True

    return step


def redirect(to: str, code: int = 307) -> Step:
    return raw(b"", code, Location=to)


# --- servers with opinions ---------------------------------------------------------------------


def unless(objects: Callable[[dict[str, Any]], Step | None]) -> Step:
    """A good answer unless ``objects(body)`` names a refusal."""

    def step(exchange: Exchange) -> None:
        (objects(exchange.received.body) or answer())(exchange)

    return step


SCHEMA_REFUSALS = {
    "openai, old model": (
        400,
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
    ),
    "deepseek": (400, "This response_format type is unavailable now"),
    "llama.cpp, old": (400, 'response_format type must be one of "text" or "json_object", but got: json_schema'),
    "vllm, pydantic": (422, "[{'type': 'literal_error', 'loc': ('body', 'response_format', 'type')}]"),
    "says nothing": (400, "Bad Request"),
    "grammar does not compile": (500, "failed to parse grammar"),
    "router": (404, "No endpoints found that can handle the requested parameters."),
}


def knows_no_schema(flavour: str, *, object_too: bool = True) -> Step:
    """Refuses json_schema as the named server does; takes json_object, or nothing but text."""
    code, message = SCHEMA_REFUSALS[flavour]

    def objects(body: dict[str, Any]) -> Step | None:
        form = body.get("response_format", {}).get("type", "text")
        refused = form == "json_schema" or (form == "json_object" and not object_too)
        return status(code, message) if refused else None

    return unless(objects)


def reasoning_model() -> Step:
    """Refuses max_tokens and temperature, one at a time."""

    def objects(body: dict[str, Any]) -> Step | None:
        if "max_tokens" in body:
            return status(
                400,
                "Unsupported parameter: 'max_tokens' is not supported with this model. "
                "Use 'max_completion_tokens' instead.",
                param="max_tokens",
            )
        if "temperature" in body:
            return status(
                400, "Unsupported value: 'temperature' does not support 0 with this model.", param="temperature"
            )
        return None

    return unless(objects)
