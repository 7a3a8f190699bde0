"""The corpus of payloads that ships with the evals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from explainer.schema.injection import Payload, PayloadFamily
from explainer.store.files import load_yaml, read_text

FOLDER = Path(__file__).resolve().parents[2] / "evals" / "injections"


@dataclass(frozen=True)
class Named:
    name: str
    payload: Payload

    @property
    def whole(self) -> str:
        return self.payload.whole

    @property
    def steers(self) -> bool:
        return self.payload.steers


@cache
def payloads() -> tuple[Named, ...]:
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        family = PayloadFamily.model_validate(load_yaml(read_text(path), str(path)))
        found += [Named(f"{family.id}/{payload.id}", payload) for payload in family.payloads]
    return tuple(found)
