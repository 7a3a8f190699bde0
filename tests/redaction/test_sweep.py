"""The last look, with everything that it checks switched off before it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.planted import Planted, planted

from explainer import Explainer
from explainer.prompting.build import build_prompt
from explainer.redaction import Guard, Masking, shipped_policy, sweep
from explainer.redaction.sweep import body_of
from explainer.schema.enriched import Group
from explainer.session import Session
from explainer.store.prompt_files import shipped_library

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "alerts"
POLICY = shipped_policy()
TEMPLATE = shipped_library().get("explain")


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    return Explainer("knowledge", default_rules=False)


def groups_of(explainer: Explainer, raw: bytes) -> list[Group]:
    return Session(explainer.equipment, [raw]).groups()


def wire_of(enriched: object, count: int = 1) -> bytes:
    prompt = build_prompt(enriched, TEMPLATE, count_tokens=lambda text: (len(text), False), count=count)  # type: ignore[arg-type]
    return body_of({"messages": [message.model_dump() for message in prompt.messages]})


def plain(wire: bytes) -> str:
    text = re.sub(r"\\+u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), wire.decode())
    return text.replace("\\", "").lower()


@pytest.mark.parametrize("case", planted(37), ids=lambda case: case.name)
def test_every_planted_leak_is_found_when_nothing_was_replaced(case: Planted, explainer: Explainer) -> None:
    (group,) = groups_of(explainer, case.raw)
    enriched = explainer.equipment.enriched(group)
    wire = wire_of(enriched)
    secrets = frozenset(Masking(group).values)
    guard = Guard(enriched, POLICY, secrets)
    found = [residue.value.lower() for residue in sweep(wire, enriched.alert, POLICY, guard.known, secrets)]
    sent = plain(wire)
    leaks = [value.lower() for value in (*case.secrets, *case.identities) if value.replace("\\", "").lower() in sent]
    assert [leak for leak in leaks if not any(leak in value or value in leak for value in found)] == []


def test_it_finds_most_secrets_without_knowing_any(explainer: Explainer) -> None:
    seen = caught = 0
    for case in planted(41):
        (group,) = groups_of(explainer, case.raw)
        enriched = explainer.equipment.enriched(group)
        wire = wire_of(enriched)
        residues = sweep(wire, enriched.alert, POLICY, {}, frozenset())
        assert residues, f"{case.name}: the names of its places alone must be found"
        found = [residue.value for residue in residues]
        for secret in case.secrets:
            if secret in wire.decode().replace("\\", ""):
                seen += 1
                caught += any(secret in value or (len(value) > 7 and value in secret) for value in found)
    assert seen > 120
    assert caught / seen > 0.6, f"{caught} of {seen}"


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_shipped_alert_is_refused_once_it_was_redacted(path: Path, explainer: Explainer) -> None:
    for group in groups_of(explainer, path.read_bytes()):
        masking = Masking(group)
        enriched = explainer.equipment.enriched(masking.group(group))
        guard = Guard(enriched, POLICY, frozenset(masking.values))
        guard.check(wire_of(guard.enriched, group.count), TEMPLATE.body)


@pytest.mark.parametrize("case", planted(43), ids=lambda case: case.name)
def test_what_an_analysis_needs_stays(case: Planted, explainer: Explainer) -> None:
    (group,) = groups_of(explainer, case.raw)
    masking = Masking(group)
    enriched = explainer.equipment.enriched(masking.group(group))
    guard = Guard(enriched, POLICY, frozenset(masking.values))
    sent = plain(wire_of(guard.enriched))
    assert [text for text in case.stay if text.lower() not in sent] == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("from 10.3.2.1:44", "internal address"),
        ("by jane@acme.example", "e-mail"),
        ("in /home/jane/x", "home folder"),
        ("on db1.prod.internal", "internal host"),
        ("arn:aws:iam::111122223333:role/x", "cloud account"),
        ("ghp_" + "a1B2" * 9, "key"),
        ("amqp://u:pw0rd@h", "password in an address"),
        ("api_key=Zk7mPq2xW9", "announced secret"),
    ],
)
def test_it_has_an_eye_for_forms_of_its_own(text: str, kind: str, explainer: Explainer) -> None:
    (group,) = groups_of(explainer, (FIXTURES / "falco" / "driver-loader-insmod.json").read_bytes())
    wire = json.dumps({"messages": [{"content": json.dumps({"value": text})}]}).encode()
    assert kind in {residue.kind for residue in sweep(wire, group.alert, POLICY, {}, frozenset())}


def test_stand_ins_marks_and_public_things_pass(explainer: Explainer) -> None:
    (group,) = groups_of(explainer, (FIXTURES / "falco" / "driver-loader-insmod.json").read_bytes())
    text = (
        "user USER_1 on HOST_1 (INTERNAL_IP_2:443, EMAIL_1) ran mysql -p[redacted:password] in /home/USER_1 against "
        "203.0.113.9 and 169.254.169.254, token=[redacted:token], /etc/shadow, kube-system, 10.0.0.0/8"
    )
    wire = json.dumps({"messages": [{"content": text}]}).encode()
    assert sweep(wire, group.alert, POLICY, {}, frozenset()) == []
