from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import openai_server as s

from explainer import (
    AlertFormatError,
    AsyncExplainer,
    BackendError,
    ConfigError,
    Explainer,
    InputError,
    Settings,
    explain,
    ingest,
    lint,
)
from explainer.render import render

ANSWER = {
    "claims": [{"text": "insmod was started by falcoctl in container 3f9c1d27ab60.", "cites": ["E4", "E5", "E9"]}],
    "verdict": "benign",
    "confidence": "medium",
    "summary": "",
    "action_ids": ["falco-pods"],
    "cause": None,
    "extra_actions": [],
    "unknowns": [],
}
GOOD = s.answer(json.dumps(ANSWER))


@pytest.fixture
def raw(fixtures: Path) -> bytes:
    return (fixtures / "alerts" / "falco" / "driver-loader-insmod.json").read_bytes()


@pytest.fixture
def twin(fixtures: Path) -> bytes:
    return (fixtures / "alerts" / "falco" / "driver-loader-impostor.json").read_bytes()


@pytest.fixture
def server() -> Iterator[s.OpenAIServer]:
    with s.serving() as running:
        yield running


def client(server: s.OpenAIServer, tmp_path: Path, **options: object) -> Explainer:
    base: dict[str, object] = {
        "backend": "openai",
        "base_url": server.url,
        "model": "m",
        "cache_dir": tmp_path / "cache",
        "default_rules": False,
        "deadline": 6.0,
    }
    return Explainer(settings=Settings.model_validate({**base, **options}))


@pytest.mark.parametrize("kind", ["bytes", "text", "mapping", "alert"])
def test_an_alert_may_be_handed_in_as_bytes_text_mapping_or_alert(raw: bytes, kind: str) -> None:
    given = {"bytes": raw, "text": raw.decode(), "mapping": json.loads(raw), "alert": ingest(raw)[0]}[kind]
    report = explain(given, backend="knowledge", default_rules=False)
    assert report.alert.rule == "Linux Kernel Module Injection Detected"
    assert report.alert.host == "node-7"


def test_the_seed_is_likely_harmless_and_not_closed(raw: bytes) -> None:
    report = explain(raw, backend="knowledge", default_rules=False)
    assert (report.verdict.value, report.verdict.confidence, report.automation) == ("benign", "medium", "needs_human")
    assert "driver loader" in report.summary
    assert report.alert.result is None
    assert any("succeeded" in unknown.question for unknown in report.unknowns)
    steps = " ".join(f"{a.command or ''} {a.config or ''}" for a in report.actions)
    assert "setenforce" not in steps
    assert "modinfo /root/.falco/7.3.0+driver" in steps
    assert "sha256sum" in steps
    assert "exceptions:" in steps


def test_its_impostor_is_not_cleared(twin: bytes) -> None:
    report = explain(twin, backend="knowledge", default_rules=False)
    assert report.verdict.value in {"suspicious", "malicious"}
    assert not any(action.stage == "tune" for action in report.actions)
    stages = [action.stage for action in report.actions]
    assert stages.index("preserve") < stages.index("contain") < stages.index("eradicate")


def test_a_good_model_is_heard(server: s.OpenAIServer, raw: bytes, tmp_path: Path) -> None:
    server.script(GOOD)
    with client(server, tmp_path) as explainer:
        report = explainer.explain(raw)
    assert report.claims[0].origin == "model"
    assert report.provenance.degraded is None
    assert [a.id for a in report.actions if a.chosen] == ["falco-pods"]


FAULTS = {
    "dead": s.reset_mid_body(),
    "silent": s.slow_headers(),
    "drips": s.drips(),
    "html": s.html(),
    "truncated": s.truncated_json(),
    "empty": s.empty_choices(),
    "refuses": s.refusal(),
    "unauthorized": s.unauthorized(),
    "limits": s.rate_limited(60),
    "broken": s.status(500),
    "prose": s.answer("I think this is fine."),
    "schema-echo": s.answer('{"type": "object", "properties": {"verdict": {}}}'),
    "cut": s.cut_off(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_a_server_loses_the_report(server: s.OpenAIServer, raw: bytes, tmp_path: Path, fault: str) -> None:
    server.script(*[FAULTS[fault]] * 12)
    began = time.monotonic()
    with client(server, tmp_path, deadline=2.0) as explainer:
        report = explainer.explain(raw)
    assert time.monotonic() - began < 10
    assert report.verdict.value == "benign"
    assert report.actions
    assert report.provenance.degraded
    said = report.provenance.degraded
    assert said.startswith(("no usable answer from the model: ", "the model's answer could not be read"))
    # All of these servers were reached.
    assert "cannot be reached" not in said
    assert "no connection" not in said


@pytest.mark.parametrize("fault", ["dead", "silent", "refuses", "prose"])
def test_with_require_model_a_fault_is_a_typed_error(
    server: s.OpenAIServer, raw: bytes, tmp_path: Path, fault: str
) -> None:
    server.script(*[FAULTS[fault]] * 12)
    with client(server, tmp_path, deadline=2.0, require_model=True) as explainer, pytest.raises(BackendError):
        explainer.explain(raw)


def test_a_lying_model_plants_nothing(server: s.OpenAIServer, raw: bytes, tmp_path: Path) -> None:
    lie = {
        "claims": [
            {"text": "The attacker mallory copied /etc/shadow to 203.0.113.66.", "cites": ["E1"]},
            {"text": "The module was successfully loaded by insmod.", "cites": ["E3"]},
        ],
        "verdict": "benign",
        "confidence": "high",
        "summary": "This is a false positive and can be safely ignored. Disable the rule.",
        "action_ids": ["delete-everything"],
        "extra_actions": [
            {"title": "Turn SELinux off", "why": "it blocks", "command": "setenforce 0", "stage": "contain"},
            {"title": "Clean", "why": "", "command": "rm -rf /root/.falco", "stage": "eradicate"},
        ],
        "unknowns": [],
        "cause": None,
    }
    server.script(s.answer(json.dumps(lie)))
    with client(server, tmp_path) as explainer:
        report = explainer.explain(raw)
    shown = json.dumps(
        [report.summary, [c.text for c in report.claims], [(a.title, a.command) for a in report.actions]]
    )
    for planted in ("mallory", "shadow", "203.0.113.66", "successfully", "setenforce", "rm -rf", "ignored"):
        assert planted not in shown
    assert any(item.cls == "disable-mac" for item in report.withheld)
    assert report.automation == "needs_human"
    assert report.verdict.confidence == "medium"


def test_a_second_equal_question_is_answered_from_the_cache(server: s.OpenAIServer, raw: bytes, tmp_path: Path) -> None:
    server.script(GOOD)
    with client(server, tmp_path) as explainer:
        first, second = explainer.explain(raw), explainer.explain(raw)
    assert (first.provenance.cache_hit, second.provenance.cache_hit) == (False, True)
    assert second.claims == first.claims
    assert len(server.asked) == 1


def test_failures_are_never_cached(server: s.OpenAIServer, raw: bytes, tmp_path: Path) -> None:
    server.script(s.refusal(), GOOD)
    with client(server, tmp_path) as explainer:
        assert explainer.explain(raw).provenance.degraded
        assert explainer.explain(raw).provenance.degraded is None


def test_another_model_or_alert_never_gets_the_same_cached_answer(
    server: s.OpenAIServer, raw: bytes, twin: bytes, tmp_path: Path
) -> None:
    server.script(GOOD, GOOD, GOOD)
    for model, alert in (("m", raw), ("n", raw), ("m", twin)):
        with client(server, tmp_path, model=model) as explainer:
            assert not explainer.explain(alert).provenance.cache_hit


def test_many_alerts_come_back_in_input_order_with_alike_ones_counted(
    server: s.OpenAIServer, raw: bytes, tmp_path: Path
) -> None:
    alerts = []
    for number in range(6):
        record = json.loads(raw)
        record["hostname"] = f"node-{number}"
        alerts += [record, record]
    server.script(*[GOOD] * 6)
    with client(server, tmp_path, cache=False) as explainer:
        reports = list(explainer.explain_many(alerts, concurrency=4))
    assert [report.alert.host for report in reports] == [f"node-{n}" for n in range(6)]
    assert {report.alert.count for report in reports} == {2}


def test_a_generator_that_is_closed_early_lets_everything_go(
    server: s.OpenAIServer, raw: bytes, tmp_path: Path
) -> None:
    alerts = [{**json.loads(raw), "hostname": f"node-{number}"} for number in range(8)]
    server.script(GOOD, *[s.slow_headers()] * 8)
    with client(server, tmp_path, cache=False) as explainer:
        reports = explainer.explain_many(alerts, concurrency=2)
        next(reports)
        began = time.monotonic()
        reports.close()
    assert time.monotonic() - began < 5


def test_one_client_serves_many_threads(raw: bytes) -> None:
    verdicts: list[str] = []
    with Explainer("knowledge", default_rules=False) as explainer:
        threads = [
            threading.Thread(target=lambda: verdicts.append(explainer.explain(raw).verdict.value)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert verdicts == ["benign"] * 8


def test_the_async_client_gives_the_same_reports(raw: bytes, twin: bytes) -> None:
    async def run() -> list[str]:
        async with AsyncExplainer("knowledge", default_rules=False) as explainer:
            one = await explainer.explain(raw)
            return [one.model_dump_json(), *[r.model_dump_json() async for r in explainer.explain_many([raw, twin])]]

    with Explainer("knowledge", default_rules=False) as explainer:
        expected = [r.model_dump_json() for r in explainer.explain_many([raw, twin])]
    got = asyncio.run(run())
    assert expected == got[1:]
    assert expected[0] == got[0]


def test_the_async_client_survives_a_silent_server(server: s.OpenAIServer, raw: bytes, tmp_path: Path) -> None:
    server.script(*[s.slow_headers()] * 4)
    settings = client(server, tmp_path, deadline=1.5).settings

    async def run() -> str | None:
        async with AsyncExplainer(settings=settings) as explainer:
            return (await explainer.explain(raw)).provenance.degraded

    assert asyncio.run(run())


def test_a_deadline_that_has_passed_still_gives_a_report(raw: bytes, server: s.OpenAIServer, tmp_path: Path) -> None:
    server.script(s.slow_headers())
    with client(server, tmp_path) as explainer:
        assert explainer.explain(raw, deadline=0.05).provenance.degraded


def test_no_alert_is_a_typed_error() -> None:
    with pytest.raises(InputError):
        explain(b"nothing here", backend="knowledge")
    with pytest.raises(AlertFormatError):
        ingest("{}")


def test_several_kinds_of_alerts_ask_for_explain_many(raw: bytes, twin: bytes) -> None:
    with pytest.raises(InputError, match="explain_many"):
        explain(raw + b"\n" + twin, backend="knowledge")


def test_an_unknown_option_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="modle"):
        Explainer("knowledge", modle="x")


def test_a_text_line_gets_its_rule_and_says_that_it_was_inferred() -> None:
    line = (
        "2026-01-05T10:11:12.123456789+0000: Notice A shell was spawned in a container with an attached terminal | "
        "evt_type=execve user=root user_uid=0 user_loginuid=-1 process=sh proc_exepath=/bin/busybox "
        "parent=containerd-shim command=sh terminal=34816 exe_flags=EXE_WRITABLE container_id=0a1b2c3d4e5f "
        "container_name=web"
    )
    report = explain(line, backend="knowledge", default_rules=False)
    assert (report.alert.rule, report.alert.rule_inferred) == ("Terminal shell in container", True)
    assert report.alert.process is not None
    assert report.alert.process.exepath == "/bin/busybox"


def test_lint_finds_unsafe_advice_and_leaves_a_warning_alone() -> None:
    found = lint("Run this on the node:\n\n```bash\nsudo setenforce 0\n```\n", "markdown")
    assert [(issue.cls, issue.line) for issue in found] == [("disable-mac", 4)]
    assert lint("Never run `setenforce 0` on a production host.", "markdown") == []


def test_every_real_falco_alert_is_explained(shared: Path) -> None:
    seen = 0
    with Explainer("knowledge", default_rules=False) as explainer:
        for path in sorted(shared.glob("alerts/falco*/*")):
            session = explainer.session([path.read_bytes()])
            for report in explainer.reports(session):
                seen += 1
                assert report.summary, path.name
                assert report.actions, path.name
                assert report.alert.rule or report.alert.format == "falco_text", path.name
    assert seen > 90


@pytest.mark.parametrize("kind", [bytearray, memoryview, bytes])
def test_any_kind_of_bytes_is_an_alert(raw: bytes, kind: type) -> None:
    report = explain(kind(raw), backend="knowledge")
    assert report == explain(raw, backend="knowledge")
    assert ingest(kind(raw)) == ingest(raw)
    with Explainer("knowledge") as explainer:
        assert list(explainer.explain_many(kind(raw))) == [report]
        assert list(explainer.explain_many([kind(raw)])) == [report]


@pytest.mark.parametrize("several", [[b"x"], (b"x",), [{"rule": "x"}], 3, None])
def test_what_is_not_one_alert_is_a_typed_error_that_says_what_to_do(several: object) -> None:
    with pytest.raises(InputError, match="explain_many"):
        explain(several, backend="knowledge")  # type: ignore[arg-type]


@pytest.mark.parametrize("data", [[{"rule": "x"}], ["text"], 3])
def test_ingest_of_what_is_no_input_is_a_typed_error(data: object) -> None:
    with pytest.raises(InputError):
        ingest(data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {"deadline": -1},
        {"deadline": float("nan")},
        {"max_cost": float("nan")},
        {"max_cost": -0.1},
        {"max_tokens": 0},
        {"concurrency": 0},
        {"concurrency": -2},
        {"nonsense": 1},
    ],
)
def test_options_that_make_no_sense_are_setting_errors(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        Explainer("knowledge", **options)
    with pytest.raises(ConfigError, match=next(iter(options))):
        Explainer("knowledge", settings=Settings(), **options)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, "5"])
def test_a_call_with_a_deadline_or_concurrency_that_makes_no_sense_is_a_setting_error(
    raw: bytes, value: object
) -> None:
    with Explainer("knowledge") as explainer:
        with pytest.raises(ConfigError, match="deadline"):
            explainer.explain(raw, deadline=value)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="deadline"):
            explainer.explain_many(raw, deadline=value)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="concurrency"):
            explainer.explain_many(raw, concurrency=value)  # type: ignore[arg-type]


def test_a_text_alert_of_a_rule_of_the_sites_own_is_read_by_its_template(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "- rule: Secret read\n  desc: d\n  condition: evt.type = open\n  priority: WARNING\n"
        '  output: "File %fd.name was opened by %user.name (command %proc.cmdline) in %container.name"\n'
    )
    line = "10:00:00.000000001: Warning File /etc/shadow was opened by ann (command cat user=root /etc/shadow) in web"
    report = explain(line, "knowledge", rules=(tmp_path / "mine.yaml",), default_rules=False)
    assert report.alert.rule == "Secret read"
    assert report.alert.user is not None
    assert report.alert.user.name == "ann"
    assert any(item.value == "/etc/shadow" for item in report.evidence)


def test_an_alert_of_json_without_fields_is_read_by_its_rules_template() -> None:
    message = (
        "A shell was spawned in a container with an attached terminal | evt_type=execve user=ann user_uid=1 "
        "user_loginuid=-1 process=sh proc_exepath=/bin/sh parent=runc command=sh -c user=root terminal=1 "
        "terminal=34816 exe_flags=EXE_WRITABLE"
    )
    record = {
        "rule": "Terminal shell in container",
        "priority": "Notice",
        "output": f"10:00:00.000000001: Notice {message}",
    }
    (alert,) = ingest(record)
    assert alert.rule.name_certainty == "exact"
    assert alert.fields["proc.cmdline"] == "sh -c user=root terminal=1"
    assert (alert.fields["user.name"], alert.fields["proc.tty"]) == ("ann", "34816")


def shell(**fields: object) -> dict[str, object]:
    return {
        "output": "x",
        "priority": "Notice",
        "rule": "Terminal shell in container",
        "source": "syscall",
        "time": "2025-01-02T03:04:05.000000006Z",
        "hostname": "node-7",
        "output_fields": {
            "container.id": "3f9c1d27ab60",
            "container.image.repository": "registry.example.com/shop/web",
            "proc.name": "bash",
            "proc.cmdline": "bash entrypoint.sh",
            "proc.tty": 34816,
            "user.name": "root",
            **fields,
        },
    }


def test_alerts_that_knowledge_reads_differently_are_never_explained_as_one() -> None:
    alerts = [
        shell(**{"proc.vpid": 1, "container.duration": 1_000_000}),
        shell(**{"proc.vpid": 600, "container.duration": 19_800_000_000_000}),
    ]
    with Explainer(backend="knowledge") as explainer:
        reports = list(explainer.explain_many(alerts))
        alone = [explainer.explain(alert) for alert in alerts]
    assert [report.alert.count for report in reports] == [1, 1]
    assert [(r.verdict.value, r.automation) for r in reports] == [(r.verdict.value, r.automation) for r in alone]


def test_destinations_that_only_the_text_names_do_not_share_a_report() -> None:
    alerts = [
        {"output": f"03:04:05.000000006: Notice Site rule to {peer}:443", "priority": "Notice", "rule": "Site rule"}
        for peer in ("192.0.2.4", "203.0.113.6")
    ]
    with Explainer(backend="knowledge") as explainer:
        assert len(list(explainer.explain_many(alerts))) == 2


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        (
            "Execution from /dev/shm",
            {"proc.cwd": "/dev/shm/a", "proc.exepath": "/usr/bin/split", "proc.cmdline": "split --filter=./own x"},
        ),
        (
            "Read sensitive file untrusted",
            {
                "fd.name": "/etc/shadow",
                "container.id": "host",
                "proc.exepath": "/usr/lib/systemd/systemd-userwork",
                "proc.name": "systemd-userwor",
                "proc.pname": "bash",
                "proc.aname[2]": "nginx",
            },
        ),
        (
            "Read sensitive file untrusted",
            {
                "fd.name": "/etc/shadow",
                "container.id": "host",
                "proc.exepath": "/opt/puppetlabs/puppet/bin/ruby",
                "proc.name": "puppet",
                "proc.pname": "systemd",
                "proc.cmdline": "ruby /tmp/x.rb",
            },
        ),
        (
            "Clear Log Activities",
            {
                "fd.name": "/var/lib/containerd/io.containerd.content.v1/x.log",
                "container.id": "host",
                "proc.exepath": "/usr/bin/containerd",
                "proc.name": "containerd",
                "proc.pname": "bash",
            },
        ),
    ],
)
def test_what_an_actor_could_have_shaped_is_never_closed_by_a_machine(rule: str, fields: dict[str, object]) -> None:
    report = explain({**shell(), "rule": rule, "output_fields": fields}, backend="knowledge")
    assert report.automation == "needs_human"


TEXT = (
    "10:00:00.000000001: Notice {} (user=root shell=sh parent=runc cmdline=sh terminal=34816 container_id=0123456789ab)"
)


@pytest.mark.parametrize("form", ["terminal", "markdown", "html", "slack", "json"])
def test_a_rule_is_stated_recovered_or_missing_and_never_two_of_them(form):
    recovered = TEXT.format("A shell was spawned in a container with an attached terminal")
    for line, named in ((recovered, True), (TEXT.format("Nobody ever wrote this"), False)):
        report = explain(line, backend="knowledge", default_rules=False)
        shown = render(report, form)
        assert ("recovered from" in shown) is named
        assert report.alert.rule_inferred is named
        assert "rule not in the alert" not in shown or not named
        assert report.summary.count("names no rule") <= (0 if named else 1)
        assert any("names no rule" in reason for reason in report.automation_reasons) is not named
