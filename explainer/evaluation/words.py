# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""The words by which steps are known: verbs by stage, nouns by object, commands by object, and wrong steps."""

from __future__ import annotations

import re

from explainer.schema.case import OBJECTS, ActionObject
from explainer.schema.knowledge import STAGES, Stage

_BY_STAGE: dict[str, str] = {
    "investigate": """
        check verify confirm determine find look inspect review read list search compare ask examine identify investigate
        query correlate trace see establish validate analyze analyse get show describe audit hunt hash inventory watch
        monitor count locate cross-check retrieve pull fetch learn work figure walk map scope ensure assess test clarify
        consult follow note judge decide track decode resolve match look-up investigation verification review-of tell
        investigating checking verifying triage inspection study discover enumerate interview observe diff contact
        """,
    "preserve": """
        preserve save copy capture collect snapshot dump export archive image acquire record secure keep store retain hold
        preservation collection acquisition preserving capturing saving back backup photograph exfiltrate download
        """,
    "contain": """
        contain isolate block quarantine suspend pause disconnect restrict deny limit detach freeze cut lock expire reduce
        isolation containment isolating blocking quarantining invalidate kick sever segment
        """,
    "contain preserve": "cordon",
    "contain eradicate": "stop kill terminate revoke evict revocation scale disable shut",
    "contain eradicate recover": "rotate change reset rotation rotating",
    "eradicate contain": "delete remove drain removal evict withdraw",
    "eradicate": "eradicate clean wipe destroy uninstall unload purge retire decommission eradication removing delete-and",
    "eradicate recover": """
        rebuild replace redeploy reimage reinstall recreate roll rebuilding redeployment re-image reinstate undo revert
        replacement
        """,
    "recover": """
        recover restore uncordon patch update upgrade harden return resume re-enable reissue restart pin enforce require fix
        close document restoring recovery apply enable set limit configure drop grant mount sign report tell inform notify
        """,
    "recover tune": "bake move",
    "tune": """
        tune exclude allowlist whitelist adjust except narrow extend append suppress tuning exempt allow
        """,
    "tune recover": "add consider write raise lower build",
    "": "run use start execute issue go take make do begin treat leave plan prepare escalate open call invoke switch relax turn install give deploy implement introduce increase",
}
_ALSO: dict[str, str] = {
    # Words of two uses: the second sense counts too.
    "pull": "investigate preserve",
    "fetch": "investigate preserve",
    "retrieve": "investigate preserve",
    "hash": "investigate preserve",
    "get": "investigate preserve",
    "note": "investigate preserve",
    "record": "preserve investigate",
    "keep": "preserve",
    "limit": "contain recover",
    "restrict": "contain recover",
    "deny": "contain recover",
    "block": "contain recover",
    "disable": "contain eradicate recover",
    "apply": "contain recover tune",
    "add": "tune contain recover",
    "patch": "recover eradicate",
    "update": "recover eradicate tune",
    "evict": "contain eradicate",
    "suspend": "contain preserve",
    "pause": "contain preserve",
    "freeze": "contain preserve",
    "snapshot": "preserve",
    "contact": "investigate",
    "report": "recover investigate",
    "tell": "recover investigate",
    "set": "recover contain tune",
    "replace": "eradicate recover",
    "roll": "recover eradicate",
    "undo": "eradicate recover",
    "revert": "eradicate recover",
    "monitor": "investigate recover",
    "close": "recover eradicate",
    "grant": "recover",
    "fix": "recover eradicate",
}


def _stages(text: str) -> tuple[Stage, ...]:
    return tuple(stage for word in text.split() for stage in STAGES if stage == word)


def _verbs() -> dict[str, tuple[Stage, ...]]:
    table: dict[str, tuple[Stage, ...]] = {}
    for stages, words in _BY_STAGE.items():
        for word in words.split():
            table[word] = tuple(dict.fromkeys([*table.get(word, ()), *_stages(stages)]))
    table.update({word: _stages(stages) for word, stages in _ALSO.items()})
    return table


VERBS = _verbs()
"""Word to stages, the usual one first; no stages: a command verb that takes its meaning from what follows."""

_NOUNS: dict[ActionObject, str] = {
    "process_tree": r"process(?:es)?(?:['’]s?)? (?:tree|ancestry|lineage|chain|ancestors|hierarchy|parents?|list)|ancest(?:ors?|ry)"
    r"|lineage|parent(?:age)?\b|child(?:ren)?\b(?: process\w*)?|descendants?|(?:what|who|which \w+) (?:started|spawned|launched|ran|runs)"
    r"|pstree|process(?:es)?\b.{0,60}\b(?:tree|started (?:it|them)|above|below|beneath|around)|session leader|(?:other|running) processes|grandparent",
    "process": r"process(?:es)?|pids?|/proc/\S+|executables?|jobs?|build|tasks?|programs?|running program|command lines?|shell|the binary|miner|payload|malware",
    "file": r"files?|binar(?:y|ies)|paths?|scripts?|hash(?:es)?|sha-?256(?:sum)?|checksums?|executables?|payload|symlinks?|hard ?links?"
    r"|director(?:y|ies)|folders?|dropper|artefacts?|artifacts?|inode|archives?|\.ko\b|/proc/\S+/exe|disk|crontab|unit file|/\w[\w.-]*/[\w./<>-]+",
    "image": r"images?|digests?|registry|base layer|dockerfile|entry ?point|sbom",
    "container": r"containers?|crictl|sidecar",
    "pod": r"pods?|workloads?|deployments?|daemon ?sets?|replica(?: ?set)?s?|stateful ?sets?|cron ?jobs?|owner references?|owning controller|service pods",
    "node": r"nodes?|workers?|machines?|hosts?|servers?|kernel\b",
    "host": r"nodes?|workers?|machines?|hosts?|servers?|kernel\b|workstation|VM\b|instances?",
    "user": r"users?|accounts?|who\b|whom|owners?|persons?|engineers?|developers?|operators?|identit(?:y|ies)|principals?|teams?|colleagues?"
    r"|service[- ]accounts?|administrators?|on-call|staff|subject|\w+['’]s (?:log-?in|session|work)|role\b",
    "session": r"sessions?|log-?ins?|log(?:ged)? in|logged on|\btty\b|terminals?|ssh\b|kubectl exec|exec calls?|wtmp|sign-?ins?|bastion|sudo",
    "network": r"network(?:s|ing)?|traffic|egress|ingress|network ?polic(?:y|ies)|firewalls?|outbound|deny-all|security groups?|dns\b|subnet|internet|connections?|addresses|peers?",
    "connection": r"connections?|sockets?|address(?:es)?|peers?|ports?|remote|destinations?|flows?|endpoints?|netflow|conntrack|\d+\.\d+\.\d+\.\d+|pool|listener|traffic|c2\b",
    "logs": r"logs?\b(?! ?in)|journal(?:ctl)?|dmesg|history|messages?|syslog|alerts?|event(?:s| stream)|telemetry|records?\b",
    "audit_log": r"audit\w*|cloud ?trail|api[- ]server(?:'s)? (?:log|record)s?|ausearch|activity log|exec calls?",
    "memory": r"memory|core dumps?|\bram\b|gcore|swap|memfd|/proc/\S+/(?:exe|mem|maps|fd\S*)|/dev/shm",
    "module": r"modules?|\.ko\b|drivers?|lsmod|modinfo|kernel taint",
    "credentials": r"credentials?|secrets?|tokens?|\bkeys?\b|passwords?|service[- ]accounts?|role ?bindings?|kubeconfig|certificates?|api keys?|access keys?",
    "rule": r"user_\w+|\w+_(?:activities|conditions|binaries|containers|images|procs|programs)|rules?|exceptions?|macros?|\blists?\b|tuning|allow-?lists?|thresholds?|noise|false positives?|conditions?|this alert|except\b|exclude\b|exclusion",
    "package": r"packages?|rpm\b|dpkg\b|\bapt\b|\byum\b|\bpip\b|dependenc(?:y|ies)|librar(?:y|ies)|installed software|patch(?:ed|es)?\b|vulnerab\w+|version",
    "change_record": r"changes?\b(?: (?:record|ticket|request|log|window|calendar|history|management)s?)?|tickets?|roll-?outs?|deploy(?:ment|ed)? (?:record|history|pipeline|log)s?"
    r"|releases?|maintenance|pipelines?|approved|approval|planned|\bCI\b|git (?:history|log)|commits?|helm history|scheduled|schedule|work order|expected|announced|inventory|run ?book|upgrade",
    "api": r"api\b|verbs?|api requests?|requests?|resources?|rbac|roles?\b|role ?bindings?|cluster ?roles?|bindings?|buckets?|\biam\b|polic(?:y|ies)|cloud ?trail|api calls?|calls?\b|permissions?",
}
NOUNS: tuple[tuple[ActionObject, re.Pattern[str]], ...] = tuple(
    (thing, re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE)) for thing, pattern in _NOUNS.items()
)

_COMMANDS: tuple[tuple[str, str], ...] = (
    (r"\bps\b\s+\S|pstree|/proc/\S*/(?:status|stat|task|children)", "process_tree process"),
    (r"\b(?:top|pgrep|lsof|strace|gdb|gcore|crictl top|docker top)\b|/proc/", "process"),
    (r"\b(?:sha256sum|sha1sum|md5sum|stat|file|strings|ls|find|cp|tar|getfattr|lsattr|debugfs|readlink|cat)\b", "file"),
    (
        r"crictl (?:inspect|ps|logs|exec|pods|stats)|docker (?:inspect|ps|logs|top|diff|export|cp|container|commit|pause)|nerdctl|\bctr\b|podman",
        "container",
    ),
    (
        r"crictl (?:inspecti|images|img|inspect)|docker (?:image|images|history|inspect|pull|save|commit)|cosign|skopeo|crane|trivy|syft|imageID",
        "image",
    ),
    (
        r"kubectl\b.*\b(?:pods?|po|deploy(?:ment)?s?|daemonsets?|ds|rs|sts|jobs?|cronjobs?|scale|rollout|logs|describe|label|debug)\b|crictl pods",
        "pod",
    ),
    (
        r"kubectl\b.*\b(?:nodes?|cordon|drain|uncordon)\b|uname|dmesg|hostnamectl|/etc/os-release|\buptime\b",
        "node host",
    ),
    (
        r"\b(?:id|getent|lastlog|passwd|chage|groups|whoami)\b|serviceaccount|--as\b|iam (?:get|list)-|auth (?:can-i|whoami)",
        "user",
    ),
    (r"\b(?:last|lastb|who|w|loginctl|utmpdump|aureport)\b|\bsshd\b", "session user"),
    (
        r"\b(?:ss|netstat|lsof -i|conntrack|tcpdump|nft|iptables)\b|networkpolic|netpol|security-group|firewall",
        "network connection",
    ),
    (r"\blogs\b|journalctl|dmesg|/var/log|logcli|\bgrep\b|kubectl\b.*\bevents?\b", "logs"),
    (
        r"ausearch|aureport|auditctl|cloudtrail|kube-apiserver|audit\.log|gcloud logging|aws logs|activity-log",
        "audit_log logs",
    ),
    (r"gcore|avml|lime|/proc/\S+/(?:exe|mem|maps|fd)|criu|\bcheckpoint\b", "memory process"),
    (r"lsmod|modinfo|/proc/modules|/sys/module|/proc/sys/kernel/tainted|kmod|rmmod", "module"),
    (r"secrets?|\btokens?\b|access-keys?|serviceaccounts?|rolebindings?|kms|vault|rotate", "credentials"),
    (r"falco\b.*(?:-V|--validate|rules)|customRules|falco_rules|falcoctl", "rule"),
    (r"\brpm\b|dpkg|debsums|\bapt(?:-cache|-get)?\b|\bdnf\b|\byum\b|\bapk\b|\bpip\b|\bnpm\b", "package"),
    (r"rollout history|helm (?:history|list|status)|git (?:log|show)|get events", "change_record"),
    (
        r"kubectl\b.*\b(?:auth|api-resources|rolebindings?|clusterroles?|clusterrolebindings?|get --raw)\b|aws |gcloud |az |iam",
        "api",
    ),
)
COMMAND_OBJECTS: tuple[tuple[re.Pattern[str], tuple[ActionObject, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), tuple(thing for word in things.split() for thing in OBJECTS if thing == word))
    for pattern, things in _COMMANDS
)

_NEIGHBOURS: tuple[tuple[str, str, float], ...] = (
    ("node", "host", 1.0),
    ("network", "connection", 1.0),
    ("container", "pod", 0.5),
    ("process", "process_tree", 0.5),
    ("logs", "audit_log", 0.5),
    ("user", "session", 0.5),
    ("user", "credentials", 0.5),
    ("file", "image", 0.5),
    ("file", "module", 0.5),
    ("process", "memory", 0.5),
    ("file", "process", 0.5),
    ("api", "audit_log", 0.5),
    ("change_record", "user", 0.5),
    ("package", "image", 0.5),
    ("file", "package", 0.5),
    ("container", "image", 0.5),
    ("container", "process", 0.5),
)
RELATED: dict[tuple[str, str], float] = {
    pair: value for one, other, value in _NEIGHBOURS for pair in ((one, other), (other, one))
}
"""What half the purpose is served by: (asked, done) to credit."""

WRONG: dict[str, re.Pattern[str]] = {
    kind: re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for kind, pattern in {
        "delete_evidence": r"\b(?:delete|remove|wipe|erase|shred|clear|purge|truncate|destroy)\b[^.\n]{0,50}\b(?:pods?|containers?|files?|binary"
        r"|logs?|journal|history|node|evidence|image|volume|script|miner|module|directory)\b|\bkubectl\b.*\bdelete\s+(?:pod|deploy|ds|job|node)"
        r"|\brm\s+-\w*[rf]|\b(?:docker|crictl)\s+rm\b|\brebuild the node\b|\bre-?image\b|\breboot\b",
        "stop_before_preserve": r"\b(?:stop|kill|terminate|restart|reboot|shut ?down|drain|evict)\b[^.\n]{0,50}\b(?:pods?|containers?|process(?:es)?"
        r"|node|host|machine|workload|service|deployment|it|pid)\b|\bkill\s+-|\bpkill\b|\bkubectl\b.*\b(?:drain|delete|rollout restart)\b"
        r"|\b(?:docker|crictl)\s+(?:stop|kill|rm)\b|\breboot\b",
        "disable_rule": r"\b(?:disable|silence|mute|turn off|switch off|deactivate|remove|drop|delete|ignore|suppress)\b (?:\w+ ){0,3}(?:falco )?"
        r"(?:rules?|alerts?|detections?)\b|\benabled:\s*false\b",
        "disable_sensor": r"\b(?:disable|stop|turn off|switch off|uninstall|unload|remove|mask|kill)\b (?:the |this )?(?:falco|sensor|auditd|agent|driver)\b"
        r"|systemctl (?:stop|disable|mask) (?:falco|auditd)|helm uninstall falco|delete (?:ds|daemonset)\W+falco",
        "broad_exception": r"\b(?:exclude|except|allow(?:list)?|whitelist|ignore|exempt|suppress)\b[^.\n]{0,60}\b(?:all|every|any|whole|entire|everything)\b"
        r"|\band not (?:k8s\.ns\.name|user\.name|proc\.name|container\.id)\s*(?:=|in|!=)",
        "weaken_host": r"setenforce (?:0|permissive)|\bchmod\s+(?:-R\s+)?0?777\b|--privileged\b|\bprivileged:\s*true|(?:disable|turn off|switch off)"
        r"\b[^.\n]{0,30}\b(?:selinux|apparmor|seccomp|firewall|audit\w*|signature)|hostPID:\s*true|hostNetwork:\s*true",
    }.items()
}
