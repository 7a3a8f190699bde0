"""Alerts and enriched alerts made by hand, for the rooms below ingest."""

from __future__ import annotations

import hashlib

from explainer.schema.alert import (
    Alert,
    Container,
    FileObject,
    Host,
    K8s,
    Process,
    Product,
    RuleRef,
    Severity,
    User,
)
from explainer.schema.enriched import Assessment, EnrichedAlert
from explainer.schema.report import Action, Claim, Evidence, HypothesisView, OpenQuestion

CMDLINE = "insmod /root/.falco/7.3.0+driver/x86_64/falco_ubuntu-generic_5.4.0-204-generic_224.ko"


def make_alert(**changes: object) -> Alert:
    base: dict[str, object] = {
        "id": "a1",
        "format": "falco_json",
        "product": Product(vendor="Falcosecurity", name="Falco", event_source="syscall"),
        "rule": RuleRef(name="Linux Kernel Module Injection Detected"),
        "priority": "Warning",
        "severity_id": Severity.MEDIUM,
        "severity_source": "Warning",
        "host": Host(hostname="node-7"),
        "container": Container(id="3f9c1d27ab60"),
        "k8s": K8s(namespace="falco", pod="falco-x2b4k"),
        "process": Process(name="insmod", cmdline=CMDLINE, tty=0),
        "ancestors": (Process(name="falcoctl"),),
        "user": User(name="root", uid=0),
        "file": FileObject(path=CMDLINE.split()[1]),
        "syscall": "finit_module",
        "raw": "{}",
        "raw_sha256": hashlib.sha256(b"{}").hexdigest(),
    }
    return Alert.model_validate({**base, **changes})


def make_enriched(alert: Alert | None = None, **changes: object) -> EnrichedAlert:
    evidence = tuple(
        Evidence(id=f"E{number}", kind="alert", path=path, value=value)
        for number, (path, value) in enumerate(
            [
                ("rule", "Linux Kernel Module Injection Detected"),
                ("priority", "Warning"),
                ("output_fields.proc.cmdline", CMDLINE),
                ("output_fields.proc.pname", "falcoctl"),
                ("output_fields.user.name", "root"),
                ("output_fields.container.id", "3f9c1d27ab60"),
                ("hostname", "node-7"),
                ("output_fields.evt.type", "finit_module"),
                ("output_fields.k8s.pod.name", "falco-x2b4k"),
                ("output_fields.k8s.ns.name", "falco"),
                ("output_fields.fd.sip", "10.0.0.5"),
            ],
            1,
        )
    )
    base: dict[str, object] = {
        "alert": alert or make_alert(),
        "entry": "Kernel module load from a container",
        "headline": "insmod loaded a kernel module from a container on node-7",
        "summary": "A process called insmod asked the kernel to load a module on node-7. The outcome is not known.",
        "evidence": evidence,
        "hypotheses": (
            HypothesisView(
                id="driver-loader",
                verdict="benign",
                cause="known_software",
                title="Falco's own driver loader",
                supports=(Claim(text="The parent is called falcoctl.", cites=("E4",), origin="knowledge"),),
                score=5,
                forgeable_only=True,
            ),
        ),
        "assessment": Assessment(
            verdict="benign",
            confidence="medium",
            cause="known_software",
            reason="Names and path fit Falco's driver loader.",
            leading="driver-loader",
            forgeable_only=True,
        ),
        "unknowns": (OpenQuestion(question="Did the load succeed?", query="cat /proc/modules"),),
        "actions": (
            Action(
                id="inspect",
                stage="investigate",
                title="Inspect the container",
                command="crictl inspect 3f9c1d27ab60",
                read_only=True,
                destroys_evidence=False,
                reversible=True,
                needs_approval=False,
                origin="knowledge",
            ),
            Action(
                id="tune-1",
                stage="tune",
                title="Add an exception",
                read_only=False,
                destroys_evidence=False,
                reversible=True,
                needs_approval=True,
                origin="knowledge",
            ),
        ),
    }
    return EnrichedAlert.model_validate({**base, **changes})
