"""Answers of models on disk, so that the same request is paid for once. Never a reason for anything to fail."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import diskcache
from diskcache.core import MODE_RAW, UNKNOWN

T = TypeVar("T")
log = logging.getLogger("explainer.store")

DATABASE = "cache.db"
MEMBERS = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal")
BUSY_SECONDS = 1.0
"""How long a locked database is waited for: an answer from the model beats a long wait for a cached one."""
DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What the cache holds."""

    folder: Path
    entries: int
    size: int
    """Bytes on disk."""
    size_limit: int
    ttl: float
    working: bool
    """False: the folder or the database cannot be used, and everything is a miss."""


class Refused(ValueError):
    """Something in the database is not text: it is never decoded (diskcache would unpickle it, CVE-2025-69872)."""


class TextDisk(diskcache.Disk):  # type: ignore[misc] # diskcache has no types
    """Keeps text inside the database, and nothing else in either direction: no pickles, no files."""

    def put(self, key: Any) -> tuple[str, bool]:
        """Keys are text."""
        if not isinstance(key, str):
            raise Refused("a cache key is text")
        return key, True

    def get(self, key: Any, raw: bool) -> str:
        """A key as it was put."""
        if not raw or not isinstance(key, str):
            raise Refused("a key in the cache database is not text")
        return key

    def store(self, value: Any, read: bool, key: Any = UNKNOWN) -> tuple[int, int, None, Any]:  # noqa: ARG002
        """Size, mode, file and value of what is put: always in the database, never in a file."""
        if read or not isinstance(value, str | bytes):
            raise Refused("only text is cached")
        return 0, MODE_RAW, None, value if isinstance(value, str) else sqlite3.Binary(value)

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        """The stored text; a pickle or a file (a planted name could lead anywhere) is refused."""
        if mode != MODE_RAW or filename is not None or read or not isinstance(value, str | bytes):
            raise Refused("an entry of the cache database is not text")
        return value

    def remove(self, file_path: str) -> None:
        """We keep no files, so a file name in the database is not ours to delete."""


class ReplyCache:
    """Text by key, bounded in age and size. Safe to share between threads and processes.

    Args:
        folder: made with mode 0700 when missing; it must belong to the user.
        ttl: seconds that an entry is good for.
        size_limit: bytes; the oldest entries go first.
    """

    def __init__(self, folder: Path, *, ttl: float = 30 * DAY, size_limit: int = 256 * 1024 * 1024) -> None:
        self.folder = folder
        self._ttl = ttl
        self._limit = size_limit
        self._cache: Any = None
        self._open()

    def get(self, key: str) -> str | None:
        """The text under ``key``; None when there is none, it is too old, or the cache does not work."""
        found = self._try("read", lambda cache: cache.get(key))
        return found if isinstance(found, str) else None

    def put(self, key: str, text: str) -> None:
        """Keep ``text``. Callers put answers only, never errors."""
        self._try("write", lambda cache: cache.set(key, text, expire=self._ttl))

    def stats(self) -> CacheStats:
        """Entries and bytes."""
        counted = self._try("read", lambda cache: (len(cache), cache.volume()))
        entries, size = counted if counted is not None else (0, 0)
        return CacheStats(self.folder, entries, size, self._limit, self._ttl, working=self._cache is not None)

    def clear(self) -> int:
        """Forget everything and return how many entries went; a database that cannot be read is deleted."""
        removed = self._try("clear", lambda cache: cache.clear())
        if removed is not None:
            return int(removed)
        self.close()
        for name in MEMBERS:
            try:
                (self.folder / name).unlink(missing_ok=True)
            except OSError as error:
                log.warning("cannot delete %s: %s", name, error.strerror)
        self._open()
        return 0

    def close(self) -> None:
        """Let the database go."""
        cache, self._cache = self._cache, None
        if cache is not None:
            cache.close()

    def _open(self) -> None:
        try:
            self._secure()
            self._probe()
            self._cache = diskcache.Cache(
                str(self.folder),
                disk=TextDisk,
                timeout=BUSY_SECONDS,
                size_limit=self._limit,
                eviction_policy="least-recently-stored",
                statistics=0,
                tag_index=0,
            )
        except Exception as error:  # noqa: BLE001 - a foreign database can raise anything; no cache is always an answer
            self._without("open", error)

    def _secure(self) -> None:
        """A folder that only we can reach, with a database that only we can read."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.folder.stat()
        if found.st_uid != os.getuid():
            raise PermissionError(None, "the folder belongs to another user")
        if stat.S_IMODE(found.st_mode) != 0o700:
            self.folder.chmod(0o700)
        # SQLite gives its -wal and -shm files the mode of the database.
        os.close(os.open(self.folder / DATABASE, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
        (self.folder / DATABASE).chmod(0o600)

    def _probe(self) -> None:
        """Find a locked database within a second: opening one, diskcache waits a minute."""
        connection = sqlite3.connect(self.folder / DATABASE, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        finally:
            connection.close()

    def _try(self, what: str, work: Callable[[Any], T]) -> T | None:
        if self._cache is None:
            return None
        try:
            return work(self._cache)
        except (Refused, UnicodeError, diskcache.Timeout) as error:
            log.warning("cache: cannot %s one entry (%s)", what, error or "the database is locked")
        except (sqlite3.OperationalError, OSError) as error:
            # A full disk or a lock may pass.
            log.warning("cache: cannot %s (%s)", what, error)
        except Exception as error:  # noqa: BLE001 - a corrupt database raises what it likes inside diskcache
            self._without(what, error)
        return None

    def _without(self, what: str, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        log.warning("working without the cache in %s: cannot %s it (%s)", self.folder, what, reason)
        cache, self._cache = self._cache, None
        if cache is not None:
            cache.close()
