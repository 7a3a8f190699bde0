"""Every error that leaves this package, drawn as a tree.

::

    ExplainerError
    ├── InputError            what the caller handed in cannot be used            exit 4
    │   ├── AlertFormatError  bytes that are no alert in any known format         exit 4
    │   └── UnknownNameError  a format, backend, prompt, rule … that nobody knows exit 2
    ├── DataError             a file that an analyst owns is wrong                exit 4
    │   ├── RulesError        a Falco rule file
    │   ├── PromptError       a prompt template or its catalogue
    │   ├── KnowledgeError    a knowledge entry
    │   └── CaseError         a golden case or a suite
    ├── ConfigError           a setting, a missing extra, a missing credential    exit 2
    │   └── OutputError       what was made cannot be written                     exit 4
    ├── BackendError          the model did not give a usable answer              exit 5
    │   ├── BackendRefused    it answered, and the answer is no (4xx, refusal)
    │   ├── BackendTimeout    nothing came within the deadline
    │   ├── BackendRateLimited  429 or a spent quota
    │   ├── BackendUnavailable  no connection, 5xx, a reset connection
    │   ├── RedactionRefused  nothing was sent: an identity or a secret was left in the request
    │   └── BackendBadReply   it answered with something that is no answer
    ├── BudgetError           the request would cost or hold more than allowed    exit 5
    └── ReplayMiss            no recording for this request                       exit 6

Each error says where, what was expected and what to do. ``retryable`` tells a playbook whether the same call may go
through later.
"""

from __future__ import annotations


class ExplainerError(Exception):
    """Root of the tree. ``hint`` is one sentence that says what to do."""

    retryable: bool = False

    def __init__(self, message: str, *, hint: str | None = None, where: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text} ({self.hint})" if self.hint else text


class InputError(ExplainerError):
    """What the caller handed in cannot be used."""


class AlertFormatError(InputError):
    """Bytes that are no alert in any known format; nothing is ever guessed."""


class UnknownNameError(InputError):
    """A name that no registry holds; the message suggests the nearest one."""


class DataError(ExplainerError):
    """A file that an analyst owns is wrong; ``where`` is ``path:line:column``."""


class RulesError(DataError):
    """A Falco rule file cannot be loaded."""


class PromptError(DataError):
    """A prompt template or the prompt catalogue is wrong."""


class KnowledgeError(DataError):
    """A knowledge entry is wrong."""


class CaseError(DataError):
    """A golden case or a suite is wrong."""


class ConfigError(ExplainerError):
    """A setting is wrong, or something optional is not installed."""


class OutputError(ConfigError):
    """What was made cannot be written: a full disk, a closed descriptor."""


class BackendError(ExplainerError):
    """The model did not give a usable answer."""

    retry_after: float | None = None
    """Seconds after which the server asked to be tried again (429, 503), when it named them."""
    answered: bool = False
    """True: the model did answer, with nothing (empty, refused, cut off before it began). Its fault, not the line's."""


class BackendRefused(BackendError):
    """The server or the model said no; the same request will be refused again."""


class BackendTimeout(BackendError):
    """Nothing usable came within the deadline."""

    retryable = True


class BackendRateLimited(BackendError):
    """Too many requests, or a spent quota; ``retry_after`` is in seconds when the server named one."""

    retryable = True

    def __init__(
        self, message: str, *, retry_after: float | None = None, hint: str | None = None, where: str | None = None
    ) -> None:
        super().__init__(message, hint=hint, where=where)
        self.retry_after = retry_after


class BackendUnavailable(BackendError):
    """No connection, a server error, or a connection that broke."""

    retryable = True


class BackendBadReply(BackendError):
    """The server answered with something that is no answer (not HTTP/JSON as documented, or empty)."""

    retryable = True


class RedactionRefused(BackendError):
    """The last look found an identity or a secret in the request, so nothing was sent."""


class BudgetError(ExplainerError):
    """The request would cost more money or hold more tokens than the caller allowed."""


class ReplayMiss(ExplainerError):
    """No recording matches the request; ``key`` is the hash that was looked for."""

    def __init__(self, message: str, *, key: str, hint: str | None = None, where: str | None = None) -> None:
        super().__init__(message, hint=hint, where=where)
        self.key = key
