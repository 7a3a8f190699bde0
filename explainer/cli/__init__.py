"""The command line: one file per command group."""

from __future__ import annotations


def main() -> None:
    """Entry point of the ``explainer`` command."""
    from explainer.cli.app import build_app

    build_app()()


__all__ = ["main"]
