"""The normalised alert. Everything in it was written by whoever triggered it: hostile until shown otherwise."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from explainer.schema.record import Record

Kind = Literal["alert", "event", "sensor_health", "posture_finding"]
Status = Literal["new", "firing", "resolved", "update", "unknown"]
Certainty = Literal["exact", "parsed_from_text", "inferred"]
TimeCertainty = Literal["exact", "assumed_tz", "time_only", "none"]
FalcoPriority = Literal["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"]
Outcome = Literal["observed", "allowed", "blocked", "failed", "attempted", "unknown"]


class Severity(IntEnum):
    """OCSF ``severity_id``."""

    UNKNOWN = 0
    INFORMATIONAL = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5
    FATAL = 6
    OTHER = 99

    @property
    def caption(self) -> str:
        """The OCSF caption, such as ``"Medium"``."""
        return self.name.capitalize()


class FieldSource(Record):
    """Where one normalised value came from."""

    path: str
    """Path in the source record, such as ``output_fields.proc.cmdline`` or ``output`` for text."""
    certainty: Certainty = "exact"


class Product(Record):
    """The tool that raised the alert."""

    vendor: str
    name: str
    version: str | None = None
    event_source: str | None = None
    """Falco's ``source``: ``syscall``, ``k8s_audit``, ``aws_cloudtrail`` …; ``internal`` for Falco's own messages."""


class RuleRef(Record):
    """The rule that fired, as far as the alert tells."""

    name: str | None = None
    name_certainty: Certainty = "exact"
    """``inferred`` when the name was recovered from the text by an output template."""
    id: str | None = None
    source_file: str | None = None
    maturity: str | None = None
    version: str | None = None


class Attack(Record):
    """An ATT&CK reference as the source states it."""

    technique_id: str | None = None
    """``T1059`` or ``T1059.004``."""
    tactic: str | None = None
    """Tactic short name with underscores: ``privilege_escalation``."""
    origin: Literal["source", "catalogue", "model"] = "source"
    version: str | None = None


class Host(Record):
    """The machine. In a cluster without FALCO_HOSTNAME the name is the Falco pod's own."""

    hostname: str | None = None
    ip: tuple[str, ...] = ()
    os: str | None = None
    kernel: str | None = None
    is_pod_name: bool | None = None
    """The name is that of the sensor's own pod or container, not of the machine."""


class Cloud(Record):
    """Cloud account and resource."""

    provider: str | None = None
    account: str | None = None
    region: str | None = None
    resource_ids: tuple[str, ...] = ()


class Container(Record):
    """The container, or the host when ``is_host``."""

    id: str | None = None
    full_id: str | None = None
    name: str | None = None
    image: str | None = None
    """Image reference as the source prints it (``repository:tag`` when only the parts are known)."""
    repository: str | None = None
    tag: str | None = None
    digest: str | None = None
    privileged: bool | None = None
    start_time: AwareDatetime | None = None
    runtime: str | None = None
    is_host: bool = False
    """``container.id`` is ``host``: the event is not of a container."""


class K8s(Record):
    """Kubernetes object the event belongs to."""

    cluster: str | None = None
    namespace: str | None = None
    pod: str | None = None
    pod_uid: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    workload: str | None = None
    node: str | None = None
    service_account: str | None = None


class User(Record):
    """Who acted: a Linux user, a Kubernetes subject or a cloud principal."""

    name: str | None = None
    uid: int | None = None
    loginuid: int | None = None
    """None when unset. ``loginuid_unset`` says that the source stated it as unset (no log-in session)."""
    loginuid_unset: bool = False
    loginname: str | None = None
    groups: tuple[str, ...] = ()
    principal: str | None = None
    type: str | None = None
    source_ips: tuple[str, ...] = ()
    user_agent: str | None = None
    impersonated: str | None = None


class Process(Record):
    """A process. ``name`` is the kernel's comm: 15 characters, and the process may set it."""

    pid: int | None = None
    name: str | None = None
    exe: str | None = None
    """argv[0] (Falco ``proc.exe``); not a proof of what ran."""
    exepath: str | None = None
    """Resolved path of the executable (Falco ``proc.exepath``)."""
    args: str | None = None
    cmdline: str | None = None
    cwd: str | None = None
    tty: int | None = None
    sname: str | None = None
    start_time: AwareDatetime | None = None
    exe_flags: tuple[str, ...] = ()
    hash: str | None = None
    caps: tuple[str, ...] = ()


class FileObject(Record):
    """The file that the event is about."""

    path: str | None = None
    raw_path: str | None = None
    flags: tuple[str, ...] = ()
    target: str | None = None
    """Link target, or the old path of a rename."""
    linkpath: str | None = None
    module: str | None = None
    """Kernel module: file or name."""


class Network(Record):
    """Connection, as seen from the process. ``local``/``remote`` when known, otherwise ``src``/``dst`` of the tuple."""

    proto: str | None = None
    src_ip: str | None = None
    src_port: int | None = None
    dst_ip: str | None = None
    dst_port: int | None = None
    direction: Literal["inbound", "outbound", "unknown"] = "unknown"
    domain: str | None = None
    app_proto: str | None = None
    flow_id: int | None = None
    community_id: str | None = None


class Api(Record):
    """An API call: Kubernetes audit, cloud audit, SaaS."""

    operation: str | None = None
    """Verb or operation: ``create``, ``RunInstances``."""
    resource: str | None = None
    subresource: str | None = None
    name: str | None = None
    namespace: str | None = None
    request_uri: str | None = None
    response_code: int | None = None
    decision: str | None = None
    reason: str | None = None
    service: str | None = None


class Signature(Record):
    """Network IDS signature."""

    gid: int | None = None
    sid: int | None = None
    rev: int | None = None
    category: str | None = None


class Mac(Record):
    """SELinux or AppArmor decision."""

    system: Literal["selinux", "apparmor"] | None = None
    permissions: tuple[str, ...] = ()
    scontext: str | None = None
    tcontext: str | None = None
    tclass: str | None = None
    profile: str | None = None
    operation: str | None = None
    permissive: bool | None = None


class Alert(Record):
    """One security alert, independent of the tool that raised it; evidence only, nothing inferred without a mark."""

    schema_version: Literal["1"] = "1"
    kind: Kind = "alert"
    status: Status = "new"

    id: str
    """Ours: sha256 over canonical source parts; the same alert delivered twice has the same id."""
    source_uid: str | None = None
    """The source's own id (falcosidekick ``uuid`` …)."""
    dedup_key: str = ""
    """What makes alerts alike: rule, host, container, executable, main object. Never time or uuid."""
    format: str
    """Name in ``ingest.FORMATS``."""
    wrappers: tuple[str, ...] = ()
    """What the alert was wrapped in, outermost first: ``("docker_json", "splunk_hec")``."""
    product: Product

    time: AwareDatetime | None = None
    """When it happened, UTC; nanoseconds cut (not rounded) to microseconds. None when the source gives no date."""
    time_ns: int | None = None
    """The same instant in nanoseconds since the epoch, exact."""
    time_text: str | None = None
    """As printed by the source (may be local time)."""
    time_certainty: TimeCertainty = "none"
    first_seen: AwareDatetime | None = None
    last_seen: AwareDatetime | None = None
    count: int = 1

    rule: RuleRef = RuleRef()
    priority: FalcoPriority | None = None
    """Falco priority in canonical spelling. A label of the rule, not a verdict."""
    severity_id: Severity = Severity.UNKNOWN
    severity_source: str | None = None
    """The native value that ``severity_id`` was mapped from: ``"Warning"``, ``"level 10"``."""
    title: str = ""
    message: str | None = None
    """The message without time and priority prefix."""
    output: str | None = None
    """The full text line of the source."""
    tags: tuple[str, ...] = ()
    attacks: tuple[Attack, ...] = ()
    action: Outcome = "unknown"
    """What became of it: from ``evt.res``, ``permissive``, ``alert.action`` …"""
    result_raw: str | None = None

    host: Host = Host()
    cloud: Cloud | None = None
    container: Container | None = None
    k8s: K8s | None = None
    process: Process | None = None
    ancestors: tuple[Process, ...] = ()
    """[0] is the parent."""
    user: User | None = None
    file: FileObject | None = None
    network: Network | None = None
    syscall: str | None = None
    api: Api | None = None
    signature: Signature | None = None
    mac: Mac | None = None

    fields: dict[str, JsonValue] = Field(default_factory=dict)
    """Source fields, flat, under the tool's own dotted names, values exactly as given (text: parsed). Hostile."""
    custom_fields: dict[str, JsonValue] = Field(default_factory=dict)
    """Fields that are not the tool's own: templated, custom, added by shippers."""
    field_sources: dict[str, FieldSource] = Field(default_factory=dict)
    """Normalised path (``process.cmdline``) to its origin."""
    missing: tuple[str, ...] = ()
    """Fields that the source names but could not read (null, ``<NA>``, empty). A report mentions the decisive ones."""
    contradicted: tuple[str, ...] = ()
    """Fields that the source states more than once with different values, or that text in another value imitates.

    What stands in ``fields`` for them is uncertain, and somebody may have written the other value on purpose.
    """
    warnings: tuple[str, ...] = ()
    raw: str
    """The record as received, after unwrapping and decoding."""
    raw_sha256: str


class Skipped(Record):
    """A piece of the input that is no alert. Reported, never guessed, never lost."""

    line: int
    """1-based line in the input where it starts."""
    reason: str
    """Why it is no alert, in words a user can act on."""
    kind: Literal["log_line", "statistics", "blank", "unrecognised", "broken"]
    """``log_line`` and ``statistics`` are Falco's own talk; ``broken`` looked like an alert and could not be read."""
    excerpt: str = ""
    """The first 200 characters."""
