"""A file that is either the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from explainer.errors import ConfigError, OutputError
from explainer.sinks import Sink

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS)


def write_file(path: str | Path, text: str) -> None:
    """Replace the file's content in one step (UTF-8, ended by a line feed).

    The text goes into a new file beside the target, which then takes its name; an existing file's mode is kept, a link
    is followed. Devices and pipes (``/dev/stdout``) are written to directly.

    Raises:
        OutputError: the place is right and takes no more.
        ConfigError: the place cannot be written.
    """
    ended = text if text.endswith("\n") or not text else text + "\n"
    # A lone surrogate must not cost the reader the whole report.
    content = ended.encode("utf-8", "backslashreplace")
    try:
        _write(Path(path).resolve(), content)
    except BrokenPipeError:
        return
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "give a path in a folder that exists and that you may write to"
        full = isinstance(error, OSError) and error.errno in _FULL
        kind = OutputError if full else ConfigError
        raise kind(f"cannot write the report: {reason}", where=str(path), hint=hint) from error


def _write(target: Path, content: bytes) -> None:
    mode: int | None = None
    if target.exists():
        found = target.stat().st_mode
        if not stat.S_ISREG(found) and not stat.S_ISDIR(found):
            with target.open("wb") as special:
                special.write(content)
            return
        mode = stat.S_IMODE(found)
    draft = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    # os.open applies the umask, which tempfile's 0600 would not.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if mode is not None:
            draft.chmod(mode)
        draft.replace(target)
    except BaseException:
        # Also on an interrupt: no part file stays behind.
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def open_file(destination: str) -> Sink:
    """The sink for one path; each text replaces the one before."""

    def write(text: str) -> None:
        write_file(destination, text)

    return write
