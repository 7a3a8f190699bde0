"""Prompts on disk: the shipped folder, and folders of the user's own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from explainer.errors import PromptError
from explainer.prompting.library import PromptLibrary

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped_folder() -> Path:
    """The folder inside the wheel, or the checkout's for an editable installation.

    Raises:
        PromptError: neither is there; the installation is broken.
    """
    for folder in (_PACKAGE / "_prompts", _PACKAGE.parent / "prompts"):
        if (folder / "catalog.toml").is_file():
            return folder
    raise PromptError("the shipped prompts are missing", hint="install alert-explainer again")


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every prompt file and catalogue below a folder, by relative path.

    Raises:
        PromptError: the folder or a file cannot be read.
    """
    if not folder.is_dir():
        raise PromptError("is no folder", where=str(folder), hint="expected ID/VERSION.md files below it")
    try:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in {".md", ".toml"}
        }
    except OSError as error:
        raise PromptError(f"cannot be read: {error.strerror}", where=str(folder)) from error


@cache
def shipped_library() -> PromptLibrary:
    """The prompts that came with the product."""
    return PromptLibrary.from_files(read_folder(shipped_folder()))


def load_library(folders: Iterable[Path] = ()) -> PromptLibrary:
    """The shipped prompts with the user's folders over them."""
    library = shipped_library()
    for folder in folders:
        library = library.merged(PromptLibrary.from_files(read_folder(folder)))
    return library
