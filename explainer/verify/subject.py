"""What the report says of the alert, or of the group, that it explains."""

from __future__ import annotations

from datetime import datetime

from explainer.schema.alert import Alert
from explainer.schema.enriched import EnrichedAlert, Group
from explainer.schema.report import ReportAlert, ReportContainer, ReportKubernetes, ReportProcess, ReportUser


def report_alert(enriched: EnrichedAlert, group: Group) -> ReportAlert:
    """Who, what, where and when of a group of alike alerts."""
    alert = enriched.alert
    severity = max(alert.severity_id, enriched.severity_floor) if alert.severity_id != 99 else alert.severity_id
    return ReportAlert(
        fingerprint=group.fingerprint,
        ids=group.ids or (alert.id,),
        format=alert.format,
        kind=alert.kind,
        rule=alert.rule.name,
        rule_inferred=enriched.rule_inferred or alert.rule.name_certainty == "inferred",
        source=alert.product.event_source,
        severity=severity.caption,
        severity_id=severity,
        native_severity=alert.severity_source or alert.priority,
        observed_at=alert.time,
        time_text=alert.time_text,
        host=alert.host.hostname,
        container=_container(alert),
        kubernetes=_kubernetes(alert),
        user=_user(alert),
        process=_process(alert),
        object=_object(alert),
        syscall=alert.syscall,
        result=alert.result_raw,
        message=alert.message,
        count=group.count,
        first_seen=_time(group.first_seen) or alert.first_seen or alert.time,
        last_seen=_time(group.last_seen) or alert.last_seen or alert.time,
        distinct=group.distinct,
        warnings=alert.warnings,
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _container(alert: Alert) -> ReportContainer | None:
    c = alert.container
    return (
        None if c is None else ReportContainer(id=c.id, name=c.name, image=c.image or c.repository, is_host=c.is_host)
    )


def _kubernetes(alert: Alert) -> ReportKubernetes | None:
    k = alert.k8s
    if k is None:
        return None
    return ReportKubernetes(
        namespace=k.namespace,
        pod=k.pod,
        workload=k.workload,
        node=k.node,
        cluster=k.cluster,
        service_account=k.service_account,
    )


def _user(alert: Alert) -> ReportUser | None:
    u = alert.user
    return None if u is None else ReportUser(name=u.name, uid=u.uid, loginuid=u.loginuid, principal=u.principal)


def _process(alert: Alert) -> ReportProcess | None:
    p = alert.process
    if p is None:
        return None
    names = tuple(name for a in alert.ancestors if (name := a.exepath or a.name or a.cmdline))
    parent = alert.ancestors[0] if alert.ancestors else None
    return ReportProcess(
        name=p.name,
        pid=p.pid,
        exepath=p.exepath,
        cmdline=p.cmdline,
        parent=(parent.name or parent.exepath or parent.cmdline) if parent else None,
        ancestors=names,
    )


def _object(alert: Alert) -> str | None:
    if alert.file is not None and (alert.file.path or alert.file.module):
        return alert.file.path or alert.file.module
    if alert.network is not None and alert.network.dst_ip:
        port = f":{alert.network.dst_port}" if alert.network.dst_port is not None else ""
        return f"{alert.network.dst_ip}{port}"
    if alert.api is not None:
        parts = (alert.api.operation, alert.api.resource, alert.api.subresource, alert.api.name)
        return " ".join(part for part in parts if part) or None
    return None
