"""What a server on loopback receives, byte for byte."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from servers.openai_server import Exchange, OpenAIServer, answer
from support.planted import planted

from explainer import Explainer
from explainer.errors import RedactionRefused
from explainer.schema.report import Report

ALERT: dict[str, Any] = {
    "hostname": "prod-web-01.acme.com",
    "output": "10:00:00.000000000: Notice A shell (user=jsmith command=mysql -uroot -pS3cr3tPass -h 10.2.3.4)",
    "priority": "Notice",
    "rule": "Terminal shell in container",
    "source": "syscall",
    "time": "2026-01-05T10:00:00.000000000Z",
    "output_fields": {
        "container.id": "3f9c1d27ab60",
        "container.name": "a",
        "k8s.ns.name": "customer-acme",
        "k8s.pod.name": "pay-7d9c5b6f4-x2k8v",
        "proc.cmdline": "mysql -uroot -pS3cr3tPass -h 10.2.3.4",
        "proc.name": "mysql",
        "proc.pname": "bash",
        "proc.cwd": "/home/jsmith/backup-jsmith-admin/",
        "proc.tty": 34816,
        "user.name": "jsmith",
    },
}


def echo(exchange: Exchange) -> None:
    """Answers with the stand-ins that it was given."""
    asked = exchange.received.body["messages"][-1]["content"]
    user = re.search(r"USER_\d+", asked)
    pod = re.search(r"POD_\d+", asked)
    host = re.search(r"HOST_\d+", asked)
    assert user
    assert pod
    assert host
    cites = dict(re.findall(r'"id": "(E\d+)", "what": "[\w.]*?(user\.name|pod\.name|hostname)"', asked))
    by = {name: number for number, name in cites.items()}
    draft = {
        "claims": [
            {"text": f"The shell ran as {user[0]} in pod {pod[0]}.", "cites": [by["user.name"], by["pod.name"]]},
            {"text": f"The machine is {host[0].lower()}.", "cites": [by["hostname"]]},
        ],
        "verdict": "suspicious",
        "confidence": "low",
        "summary": f"The account {user[0]} opened a shell on {host[0]}.",
        "action_ids": [],
        "cause": None,
        "extra_actions": [],
        "unknowns": [],
    }
    answer(json.dumps(draft))(exchange)


@pytest.fixture
def server() -> Any:
    made = OpenAIServer()
    yield made
    made.close()


def explained(server: OpenAIServer, alert: Any = ALERT, **options: Any) -> Report:
    given = {"redact": "on", "cache": False, "default_rules": False, "model": "m", **options}
    with Explainer("openai", base_url=server.url, **given) as explainer:
        return explainer.explain(alert)


def test_no_identity_and_no_secret_reaches_the_server_and_the_report_has_the_names_again(server: OpenAIServer) -> None:
    server.otherwise = echo
    report = explained(server)
    sent = server.asked[0].raw.decode()
    for value in (
        "jsmith",
        "prod-web-01",
        "acme",
        "customer-acme",
        "pay-7d9c5b6f4",
        "3f9c1d27ab60",
        "10.2.3.4",
        "S3cr3tPass",
    ):
        assert value not in sent
    assert "mysql" in sent
    assert [claim.text for claim in report.claims if claim.origin == "model"] == [
        "The shell ran as jsmith in pod pay-7d9c5b6f4-x2k8v.",
        "The machine is prod-web-01.acme.com.",
    ]
    assert "jsmith" in report.summary
    assert report.provenance.degraded is None
    assert report.provenance.redaction.startswith("default@")
    assert "S3cr3tPass" not in report.model_dump_json()


def test_the_dry_run_shows_the_bytes_that_are_sent(server: OpenAIServer) -> None:
    with Explainer(
        "openai", base_url=server.url, redact="on", cache=False, default_rules=False, model="m"
    ) as explainer:
        prepared = explainer.prepare(ALERT)
        explainer.explain(ALERT)
    assert prepared.wire == server.asked[0].raw


def test_on_loopback_names_are_sent_and_secrets_are_not(server: OpenAIServer) -> None:
    report = explained(server, redact="auto")
    sent = server.asked[0].raw.decode()
    assert "jsmith" in sent
    assert "S3cr3tPass" not in sent
    assert report.provenance.redaction == "off; 1 secrets masked"


@pytest.mark.parametrize(
    ("url", "on"),
    [
        ("http://127.0.0.1:1/v1", False),
        ("http://localhost:1/v1", False),
        ("http://[::1]:1/v1", False),
        ("http://10.0.0.7:1/v1", True),
        ("https://models.example.com/v1", True),
        ("http://127.0.0.1.example.com/v1", True),
    ],
)
def test_auto_redacts_for_models_on_other_machines(url: str, on: bool) -> None:
    with Explainer("openai", base_url=url, model="m") as explainer:
        assert explainer.equipment.redacts[0] is on


def test_what_the_redactor_misses_the_sweep_refuses_to_send(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from explainer.redaction.standins import Standins

    monkeypatch.setattr(Standins, "conceal", lambda _self, texts: list(texts))
    report = explained(server)
    assert server.asked == []
    assert report.provenance.origin == "knowledge"
    assert report.provenance.degraded is not None
    assert report.provenance.degraded.startswith("the request was not sent: ")
    assert "jsmith" not in report.provenance.degraded
    with pytest.raises(RedactionRefused):
        explained(server, require_model=True)


def test_cached_answers_hold_stand_ins_and_are_kept_apart_by_policy(server: OpenAIServer, tmp_path: Path) -> None:
    server.otherwise = echo
    first = explained(server, cache=True, cache_dir=tmp_path / "c")
    again = explained(server, cache=True, cache_dir=tmp_path / "c")
    assert (first.provenance.cache_hit, again.provenance.cache_hit) == (False, True)
    assert again.claims == first.claims
    stored = b"".join(file.read_bytes() for file in (tmp_path / "c").iterdir())
    assert b"USER_1" in stored
    assert b"jsmith" not in stored
    assert b"S3cr3tPass" not in stored
    policy = tmp_path / "site.toml"
    policy.write_text("[keep]\nvalues = ['x-y-z']\n")
    other = explained(server, cache=True, cache_dir=tmp_path / "c", redact_policy=policy)
    assert not other.provenance.cache_hit
    assert other.provenance.redaction.startswith("site@")


def test_a_redacted_recording_is_replayed_redacted(server: OpenAIServer, tmp_path: Path) -> None:
    server.otherwise = echo
    path = tmp_path / "r.jsonl"
    first = explained(server, record=path)
    assert "jsmith" not in path.read_text()
    with Explainer("replay", recordings=(path,), default_rules=False) as explainer:
        again = explainer.explain(ALERT)
    assert again.claims == first.claims


def test_a_repair_is_looked_at_and_shows_the_model_its_own_words(server: OpenAIServer) -> None:
    server.script(answer("USER_1 did it"), echo)
    report = explained(server)
    assert report.provenance.repaired
    assert "USER_1 did it" in server.asked[1].raw.decode()
    assert "jsmith" not in server.asked[1].raw.decode()
    assert "jsmith" in report.summary


@pytest.mark.parametrize("case", planted(23), ids=lambda case: case.name)
def test_nothing_that_was_planted_reaches_the_server(case: Any, server: OpenAIServer) -> None:
    report = explained(server, case.alert)
    assert report.provenance.degraded is None or "read" in report.provenance.degraded
    sent = json.loads(server.asked[0].raw)["messages"]
    plain = re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), json.dumps(sent)).replace("\\", "").lower()
    assert [s for s in case.secrets if s.replace("\\", "").lower() in plain] == []
    assert [i for i in case.identities if i.lower() in plain] == []
    told = report.model_dump_json()
    assert [s for s in case.secrets if json.dumps(s)[1:-1] in told] == []
