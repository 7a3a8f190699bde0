"""What a server's failure means: HTTP statuses and broken connections as our errors.

The server's own words decide (a quota is not a rate limit) but never enter a message: they may repeat keys or prompts.
"""

from __future__ import annotations

import json
import math
import re
import socket
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import openai

from explainer.backends import dialect
from explainer.errors import (
    BackendBadReply,
    BackendError,
    BackendRateLimited,
    BackendRefused,
    BackendTimeout,
    BackendUnavailable,
)

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,49}\Z")
_SPENT = re.compile(r"insufficient[_ ](?:quota|balance|credit|fund)|exceeded your current quota|billing", re.IGNORECASE)
_MOST_CAUSES = 32
_NEGOTIABLE = frozenset({400, 422})


class Declined(Exception):
    """A refusal that another way to put the same request may avoid; ``text`` is the server's, for matching only."""

    def __init__(self, error: BackendError, text: str) -> None:
        super().__init__(error.message)
        self.error = error
        self.text = text


def status(failure: openai.APIStatusError, host: str) -> BackendError | Declined:
    """The meaning of an HTTP status that is no success."""
    code, response = failure.status_code, failure.response
    text = response.text[:4000]
    said = f"{host} answered {code}{_named(failure.body)}"
    if 300 <= code < 400:
        return BackendRefused(f"{said}, a redirect, which is not followed", hint="set the base URL to where it leads")
    if code in (401, 403):
        return BackendRefused(said, hint="check the API key and what it may use")
    if code == 402 or (code == 429 and _SPENT.search(text)):
        spent = BackendRateLimited(f"{said}: the quota is spent", hint="check the account's plan and billing")
        spent.retryable = False
        return spent
    if code == 429:
        wait = retry_after(response)
        return BackendRateLimited(said, retry_after=wait, hint="fewer requests at a time, or try later")
    if code in (408, 504):
        late = f"{said}: what stands behind it did not answer in time" if code == 504 else f"{said}: it waited too long"
        return _waiting(BackendTimeout(late, hint="try again, or raise --deadline"), response)
    if code >= 500 or code in (409, 425):
        fails = f"{said}: the server failed" if code >= 500 else said
        broken = _waiting(BackendUnavailable(fails, hint="try again later, and see the server's log"), response)
        return Declined(broken, text) if dialect.about_form(text) else broken
    if code == 413 or dialect.too_long(text):
        return BackendRefused(
            f"{said}: the prompt does not fit the model's context", hint="lower --max-tokens, or take a larger context"
        )
    if code in _NEGOTIABLE and dialect.filtered(text):
        return BackendRefused(f"{said}: a content filter", hint="ask another model or provider")
    if code in _NEGOTIABLE or (code == 404 and "requested parameters" in text):
        return Declined(BackendRefused(said, hint="check the model's name and the server's log"), text)
    if code in (404, 405):
        return BackendRefused(said, hint="check the model's name and the base URL (most servers want it to end in /v1)")
    return BackendRefused(said, hint="check the base URL and the model's name")


def connection(failure: openai.APIError | httpx2.HTTPError, host: str) -> BackendError:
    """The meaning of a request that got no response."""
    cause = failure.__cause__
    if isinstance(cause, httpx2.ConnectTimeout):
        return BackendTimeout(f"no connection to {host} in time", hint="is the base URL right, and the way there open?")
    if isinstance(failure, openai.APITimeoutError):
        return BackendTimeout(f"no answer from {host} in time", hint="raise --deadline, or ask a faster model")
    if isinstance(cause, httpx2.UnsupportedProtocol | httpx2.InvalidURL | httpx2.LocalProtocolError):
        return BackendRefused(f"the request to {host} cannot be sent", hint="check the base URL, the key and headers")
    if isinstance(cause, httpx2.DecodingError):
        return BackendBadReply(f"the reply of {host} cannot be decompressed", hint="check the base URL")
    if isinstance(cause, httpx2.ProxyError):
        return BackendUnavailable(
            f"the proxy does not let a request to {host} through", hint="check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
        )
    if isinstance(cause, httpx2.ConnectError):
        return _unconnected(_roots(cause), host)
    if isinstance(cause, httpx2.RemoteProtocolError):
        return BackendUnavailable(
            f"{host} ended the connection before its answer was complete",
            hint="try again, and see whether an HTTP server answers there",
        )
    return BackendUnavailable(f"the connection to {host} broke", hint="try again")


def _unconnected(roots: list[BaseException], host: str) -> BackendError:
    said = " ".join(str(root) for root in roots)
    if "CERTIFICATE_VERIFY_FAILED" in said:
        if "ostname mismatch" in said or "IP address mismatch" in said:
            return BackendRefused(f"the certificate that {host} shows is for another name", hint="check the base URL")
        if "expired" in said:
            return BackendRefused(f"the certificate of {host} has expired", hint="renew it on the server")
        return BackendRefused(
            f"the certificate of {host} is not trusted", hint="name your CA bundle with SSL_CERT_FILE"
        )
    if any(isinstance(root, ssl.SSLError) for root in roots):
        return BackendUnavailable(
            f"no TLS connection to {host}", hint="does the server speak http:// instead of https:// at this port?"
        )
    if any(isinstance(root, socket.gaierror) for root in roots):
        return BackendUnavailable(
            f"the name {host} cannot be resolved", hint="check the spelling of the base URL, and DNS"
        )
    if any(isinstance(root, ConnectionRefusedError) for root in roots):
        return BackendUnavailable(
            f"{host} refuses the connection", hint="is the server running, and the port of the base URL right?"
        )
    return BackendUnavailable(f"no connection to {host}", hint="is the base URL right, and the way there open?")


def _roots(error: BaseException | None) -> list[BaseException]:
    """An error with all that it came from, groups of attempts included."""
    found: list[BaseException] = []
    waiting = [error]
    while waiting and len(found) < _MOST_CAUSES:
        one = waiting.pop()
        if one is None or one in found:
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__, *(one.exceptions if isinstance(one, BaseExceptionGroup) else ())]
    return found


def decoded(response: httpx2.Response) -> Any:
    """The JSON body of a success.

    Raises:
        BackendBadReply: it is something else.
    """
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError) as error:
        start = response.content[:200].lstrip().lower()
        if not start:
            raise BackendBadReply("the reply is empty", hint="check the base URL and the server's log") from error
        if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
            raise BackendBadReply("the server answered with a web page", hint="check the base URL") from error
        if start.startswith((b"{", b"[")):
            raise BackendBadReply("the JSON of the reply is broken or cut short", hint="try again") from error
        raise BackendBadReply("the reply is not JSON", hint="check the base URL") from error


def retry_after(response: httpx2.Response) -> float | None:
    """Seconds that the server asks to wait: ``Retry-After`` as seconds or as a date, or ``retry-after-ms``."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = response.headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) / scale
        except ValueError:
            continue
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    then, now = _date(response.headers.get("retry-after")), _date(response.headers.get("date"))
    if then is None:
        return None
    # Against the server's own clock when it tells it: ours may be wrong.
    return max(0.0, (then - (now or datetime.now(UTC))).total_seconds())


def _date(value: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value) if value else None
    except (ValueError, TypeError):
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


_E = BackendTimeout | BackendUnavailable


def _waiting(error: _E, response: httpx2.Response) -> _E:
    error.retry_after = retry_after(response)
    return error


def _named(body: object) -> str:
    """The error code of the body, when it is a plain word and so cannot hold anything of ours."""
    code = body.get("code") or body.get("type") if isinstance(body, dict) else None
    return f" ({code})" if isinstance(code, str) and _CODE.match(code) else ""
