# ruff: noqa: E501  (word tables and regular expressions are read better whole)
# ruff: noqa: ARG001  (one signature for all functions of a kind)
"""Checks that look at a command together with what feeds it: edits of rule files, modules from every denial, uploads of case material."""

from __future__ import annotations

import re

from explainer.advice import disclosure, edits, firewalls, invented, lockout, packages, reactions, secrecy, tool_options
from explainer.advice.patterns import Argv
from explainer.advice.scope import BY_PROGRAM, CHECKS, check
from explainer.advice.script import Command

# The checks of options register themselves on import.
__all__ = [
    "BY_PROGRAM",
    "CHECKS",
    "disclosure",
    "firewalls",
    "invented",
    "lockout",
    "packages",
    "reactions",
    "secrecy",
    "tool_options",
]

_INTERNAL = re.compile(
    r"evidence|forensic|dfir|\bcase|\bir[.-]|vault|siem|soc[.-]|corp|intern|intra|localhost|127\.0\.0\.1|\b10\.\d|\b192\.168\.|\b172\.(?:1[6-9]|2\d|3[01])\.|"
    r"\.local\b|\.lan\b|\.svc\b|sandbox-int|private|malware-lab|collector|artifact|nexus|registry\.|minio|backup|splunk|elastic|graylog|acquisition|secure-?drop|soar|thehive",
    re.I,
)  # fmt: skip
_PUBLIC = re.compile(
    r"transfer\.sh|file\.io|0x0\.st|ix\.io|termbin|paste|gist|anonfiles?|wetransfer|catbox|litterbox|gofile|tmpfiles|oshi\.at|bashupload|temp\.sh|sprunge|hastebin|"
    r"dpaste|bin\b|webhook\.site|requestbin|pipedream|ngrok|discord|telegram|slack\.com/api/files|dropbox|drive\.google|mega\.nz|mediafire|sendspace|uguu|keep\.sh|"
    r"virustotal|hybrid-analysis|any\.run|anyrun|malwarebazaar|joesandbox|triage|tria\.ge|urlscan|intezer|opentip|metadefender|jotti|"
    r"openai|anthropic|huggingface|chatgpt|gemini|api\.\w*ai|share|public|anon|vendor|support|partner|upload|drop|community|forum|pub\b",
    re.I,
)  # fmt: skip
_MATERIAL = re.compile(
    r"/var/(?:log|crash|lib/systemd/coredump|audit)|core(?:\.|dump)|\.(?:core|dmp|mem|lime|raw|vmem|e01|dd|img|qcow2|vmdk|pcapng?|evtx|zst|sql|dump|har|kdbx|pst|mbox)\b|"
    r"memory|ram\b|memdump|evidence|forensic|case-?\d|incident|sample|malware|dropper|payload|implant|alert|audit|secret|customer|kunden|hr\b|payroll|patient|invoice|"
    r"database|dump|backup|/etc/(?:shadow|passwd|kubernetes)|/home|/root|/srv|kubeconfig|\.kube|\.ssh|\.env\b|config\.json|journal|syslog|auth\.log|access\.log|\.log\b|/proc/|quarantine|export",
    re.I,
)  # fmt: skip
_REMOTE = re.compile(r"(?:[\w.-]+@)?[\w.-]+\.[\w.-]+:|[a-z0-9]+://\S+|(?:[\w.-]+@)?\d+\.\d+\.\d+\.\d+:")
_OUTSIDER = re.compile(
    r"^(?:vendor|support|partner|extern\w*|guest|anon\w*|contractor|thirdparty|consultant|public|community|friend|helper)[\w.-]*@",
    re.I,
)
_PUBLIC_REGISTRY = re.compile(r"^(?:docker\.io/|index\.docker\.io/|quay\.io/|ghcr\.io/|public\.ecr\.aws/|registry\.hub\.docker\.com/|ttl\.sh/)|^[a-z0-9][a-z0-9_-]*/[\w./-]+(?::[\w.-]+)?$")  # fmt: skip


@check("rules-edited-out", "sed", "gsed", "perl", "ed", "ex", "grep")
def _rules_edited_out(argv: Argv, command: Command) -> bool:
    """Lines of a file of detection rules are deleted, commented out or turned into passes."""
    if argv.program == "grep":  # grep -v x rules > rules
        source = [w for w in argv.positional[1:] if "/" in w]
        return "-v" in argv.flags and any(
            t in source and edits.takes_rules_out(t, "alert d") for _, t in command.redirects
        )
    if argv.program in ("sed", "gsed") and not any(re.match(r"-[nErsz]*i|--in-place", w) for w in argv.words[1:]):
        return False
    if argv.program == "perl" and not any(re.match(r"-\w*i", w) for w in argv.words[1:]):
        return False
    marked = [v for f in ("-e", "--expression") for v in argv.flags.get(f, ())]
    words = [w for w in argv.words[1:] if not w.startswith("-") and w not in marked and w]
    programs = marked or words[:1]
    paths = words if marked else words[1:]
    text = " ; ".join([*programs, command.stdin or ""])[:4000]
    return any(edits.takes_rules_out(p, part) for p in paths for part in text.split(" ; "))


@check("module-from-all-denials", "audit2allow")
def _module_from_all_denials(argv: Argv, command: Command) -> bool:
    """A policy module made from every denial, whoever caused it."""
    if not any(w in ("-M", "-m", "-D", "-o") for w in argv.words[1:]):
        return False
    source, depth = command.piped_from, 0
    text = argv.joined
    while source is not None and depth < 4:
        text += " " + " ".join(source.argv)
        source, depth = source.piped_from, depth + 1
    if any(w in ("-a", "--all", "-b", "--boot") for w in argv.words[1:]):
        return True
    named = re.search(
        r"(?:^|\s)(?:-c|--comm|-x|--executable|-su|-se|-p|--pid)\s+\S|comm=|scontext=|\bgrep\s+(?:-\w+\s+)*['\"]?(?!avc|denied|AVC|type=AVC)[\w/-]{3,}",
        text,
    )
    source_words = " ".join(_feeding(command))
    return command.piped_from is not None and not named and not re.search(r"\s(?:-c|--comm|-x)\s", f" {source_words} ")


@check(
    "case-material-sent-out",
    "curl",
    "wget",
    "scp",
    "rsync",
    "rclone",
    "nc",
    "ncat",
    "http",
    "https",
    "sftp",
    "croc",
    "wormhole",
    "aws",
    "gsutil",
    "invoke-restmethod",
    "invoke-webrequest",
    "irm",
    "iwr",
    "transfer",
    "gh",
    "mail",
    "mutt",
    "mailx",
    "wget2",
    "oras",
    "s3cmd",
    "mc",
)
def _case_material_sent_out(argv: Argv, command: Command) -> bool:
    """Logs, dumps, samples or data of customers go to a host of somebody else."""
    name, joined = argv.program, argv.joined
    if _INTERNAL.search(" ".join(w for w in argv.words if _REMOTE.search(w) or "@" in w)):
        return False
    material = " ".join([joined, *(_feeding(command))])
    if name in ("croc", "wormhole"):
        return "send" in argv.positional and bool(_MATERIAL.search(material))
    if name in ("scp", "rsync", "sftp", "rclone"):
        target = argv.positional[-1] if argv.positional else ""
        if not re.match(r"(?:[\w.-]+@)?[\w.-]+:", target) or len(argv.positional) < 2:
            return False
        foreign = bool(_OUTSIDER.match(target) or _PUBLIC.search(target))
        return foreign and bool(_MATERIAL.search(" ".join(argv.positional[:-1])))
    if name in ("nc", "ncat"):
        return bool(re.search(r"termbin|paste|\b(?:seashells|ezup|tcp\.st)", joined)) and command.piped_from is not None
    uploads = any(
        re.match(
            r"(?:-F|--form|-T|--upload-file|--data-binary|--data|-d|--post-file|-InFile|--body-file|--attach|-a)\b|-[FTd]\S",
            w,
        )
        for w in argv.words[1:]
    )
    reads_file = (
        bool(re.search(r"=?@[\w./~$-]|-T\s*\S|--upload-file|--post-file|-InFile|=@|@-|<", joined))
        or command.piped_from is not None
    )
    urls = [w for w in argv.words if "://" in w or re.match(r"[\w-]+\.[a-z]{2,6}(?:/|$)", w)]
    if name in ("curl", "wget", "http", "https", "invoke-restmethod", "invoke-webrequest", "irm", "iwr", "wget2"):
        host = " ".join(re.sub(r"^\w+://", "", u).split("/")[0] for u in urls)
        return uploads and reads_file and bool(_PUBLIC.search(host)) and bool(_MATERIAL.search(material))
    return False


def _feeding(command: Command) -> list[str]:
    words: list[str] = []
    source, depth = command.piped_from, 0
    while source is not None and depth < 5:
        words += source.argv[:12]
        source, depth = source.piped_from, depth + 1
    return words


@check("container-image-published", "docker", "podman", "nerdctl", "buildah", "skopeo", "crane")
def _container_image_published(argv: Argv, command: Command) -> bool:
    """A saved container or evidence image is pushed to a registry that everybody can read."""
    if argv.positional[:1] != ["push"] and argv.positional[:2] != ["image", "push"]:
        return False
    target = argv.positional[-1]
    return bool(_PUBLIC_REGISTRY.search(target)) and bool(
        re.search(
            r"evidence|forensic|incident|compromis|infected|case|malware|sample|snapshot|dump|victim", target, re.I
        )
    )


@check("everything-piped-to-stop", "stop-process", "stop-service", "remove-item", "stop-computer", "restart-computer")
def _everything_piped_to_stop(argv: Argv, command: Command) -> bool:
    """Every process or service that the pipeline lists is stopped, narrowed by nothing but the shell itself."""
    chain: list[tuple[str, ...]] = []
    source, depth = command.piped_from, 0
    while source is not None and depth < 4:
        chain.append(source.argv)
        source, depth = source.piped_from, depth + 1
    if not chain or argv.program not in ("stop-process", "stop-service"):
        return False
    first = chain[-1]
    if first[0].lower() not in ("get-process", "get-service", "gps", "gsv", "ps"):
        return False
    if any(not w.startswith("-") for w in first[1:]) or any(
        w.lower() in ("-name", "-id", "-displayname") for w in first[1:]
    ):
        return False
    filters = [" ".join(c[1:]).lower() for c in chain[:-1] if c[0].lower() in ("where-object", "where", "?")]
    narrow = [
        f
        for f in filters
        if re.search(r"\b(?:name|path|company|processname|displayname|cpu|starttime|user\w*|hash)\b", f)
        and " -ne" not in f
        and "notlike" not in f
        and "notmatch" not in f
    ]
    return not narrow


@check("suspect-file-run", "*")
def _suspect_file_run(argv: Argv, command: Command) -> bool:
    """A file of the intruder, or one in a folder that everybody can write to, is executed."""
    path = command.path
    if "/" not in path or command.inside[:1] in (("docker",), ("podman",), ("qemu",)):
        return False
    if re.search(
        r"\.(?:sh|py)$|(?:^|/)(?:collect|triage|avml|lime|uac|kape|velociraptor|backup|build|test|install|setup|run)[\w.-]*$",
        path,
    ):
        return False
    return bool(
        re.match(r"/(?:tmp|var/tmp|dev/shm)/\S", path)
        or re.search(
            r"(?:^|/)(?:sample|malware|payload|dropper|implant|miner|xmrig|suspicious|suspect|unknown|virus|trojan|ransom|backdoor)[\w.-]*$",
            path,
            re.I,
        )
    )
