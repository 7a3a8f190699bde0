# ruff: noqa: E501  (word tables and regular expressions are read better whole)
# ruff: noqa: ARG001  (one signature for all functions of a kind)
"""Material of a case that leaves by other ways than an upload: mail, a remote shell, a web server on its folder, a share, a model's prompt."""

from __future__ import annotations

import re

from explainer.advice.patterns import Argv
from explainer.advice.scope import check
from explainer.advice.script import Command

MATERIAL = re.compile(
    r"/var/(?:log|crash|audit)|core\.\d|\.(?:core|dmp|mem|lime|raw|e01|qcow2|vmdk|pcapng?|evtx|har|pst|mbox)\b|memory|memdump|evidence|forensic|case-?\d|incident|"
    r"malware|dropper|\bsample|implant|audit|customer|payroll|patient|mysqldump|pg_dump|tcpdump|tshark|dumpcap|journalctl|kubectl logs|docker (?:save|export|logs)|"
    r"winevt|/etc/(?:shadow|passwd|kubernetes)|/home\b|/root\b|kubeconfig|running-config|alert\w*\.json|\bdump\b|auth\.log|/proc/\d",
    re.I,
)
_OURS = re.compile(
    r"evidence|forensic|\bir[@.-]|dfir|\bcorp\b|intern|\.local\b|\.lan\b|\.svc\b|localhost|127\.0\.0\.1|\b10\.\d|\b192\.168\.|\b172\.(?:1[6-9]|2\d|3[01])\.|collector|siem|backup|vault|private",
    re.I,
)
_OUTSIDE = re.compile(
    r"vendor|support|partner|extern|guest|consult|contractor|supplier|public|community|forum|gmail|outlook\.com|hotmail|yahoo|proton|gmx|\b(?:203\.0\.113|198\.51\.100|192\.0\.2)\.\d|"
    r"drop|upload|paste|share",
    re.I,
)


def _fed(command: Command) -> str:
    words: list[str] = [command.stdin or "", *command.reads]
    source, depth = command.piped_from, 0
    while source is not None and depth < 5:
        words.append(" ".join(source.argv[:14]))
        source, depth = source.piped_from, depth + 1
    words += [" ".join(c.argv[:14]) for c in command.substitutions]
    return " ".join(words)[:6000]


@check("case-material-handed-out", "mail", "mailx", "mutt", "sendmail", "swaks", "msmtp", "s-nail", "send-mailmessage", "ssh", "nc", "ncat", "socat", "smbclient", "lftp", "ftp", "tftp", "sftp", "curl", "slack", "slackcat", "telegram-send")  # fmt: skip
def _case_material_handed_out(argv: Argv, command: Command) -> bool:
    """Logs, dumps or samples go to somebody outside by mail, through a remote shell or a file transfer."""
    joined, name = argv.joined, argv.program
    if name == "ssh" and not (command.piped_from is not None or command.stdin or command.reads):
        return False
    to = " ".join(
        w for w in argv.words[1:] if "@" in w or "://" in w or w.startswith("//") or re.search(r"\w\.\w{2,}|\d\.\d", w)
    )
    if name in ("slack", "slackcat", "telegram-send"):
        return bool(re.search(r"files? upload|upload|--file|^\w+ \S+$|-c ", joined)) and bool(
            MATERIAL.search(joined + _fed(command))
        )
    if name == "curl":
        chat = re.search(
            r"hooks\.slack\.com|webhook\.office\.com|api\.telegram|discord\S*/webhooks|chat\.googleapis|sprunge|paste|clbin|bashupload|transfer|envs\.sh|api\.github\.com/gists",
            joined,
        )
        sends = re.search(r"\s(?:-d|--data\S*|-F|--form|-T|--upload-file)\b|\s-[FTd]\S", joined)
        body = f"{joined} {_fed(command)}"
        material = re.search(
            r"/etc/(?:passwd|shadow)|/var/log|auth\.log|audit\.log|journalctl|kubectl logs|dmesg|evidence|core\.\d|\.mem\b|\.lime\b|\.pcap|memory",
            body,
        )
        outside = re.search(r"https?://[\w.-]*(?:vendor|support|upload|partner)", joined)
        return bool((chat or (outside and not _OURS.search(to))) and sends and material)
    if not _OUTSIDE.search(to) or _OURS.search(to):
        return False
    return bool(MATERIAL.search(f"{joined} {_fed(command)}"))


@check("case-material-served", "python", "python3", "php", "busybox", "ruby", "npx", "serve", "http-server", "caddy", "darkhttpd", "webfsd", "cp", "ln", "mv", "install", "rsync", "new-smbshare", "exportfs", "rclone", "gdrive", "dropbox", "miniserve", "updog", "az", "aws", "gcloud", "gsutil")  # fmt: skip
def _case_material_served(argv: Argv, command: Command) -> bool:
    """A folder of logs or evidence is put behind a web server, a share or a public link."""
    joined, name = argv.joined, argv.program
    case = re.search(
        r"/evidence|evidence\b|forensic|/var/log|case-?\d|incident|\.(?:lime|mem|raw|pcap|dmp|core)\b|memdump|memory",
        joined,
        re.I,
    )
    if not case:
        return False
    if name in ("python", "python3"):
        return "http.server" in joined and not re.search(r"127\.0\.0\.1|localhost", joined)
    if name in ("php", "busybox", "npx", "ruby"):
        return bool(re.search(r"\s-S\s+(?!127|localhost)|httpd|\bserve\b|http-server", joined))
    if name in ("serve", "http-server", "caddy", "darkhttpd", "webfsd", "miniserve", "updog", "new-smbshare"):
        return name != "new-smbshare" or bool(re.search(r"everyone|guest|anonymous", joined, re.I))
    if name in ("cp", "ln", "mv", "install", "rsync"):
        target = argv.positional[-1] if argv.positional else ""
        return bool(
            re.match(r"(?:/var/www|/srv/(?:http|www|ftp)|/usr/share/nginx|/opt/\w+/htdocs|C:\\inetpub)", target)
        )
    if name == "exportfs":
        return bool(re.search(r"\s\*:|0\.0\.0\.0/0:", joined))
    if name in ("rclone", "gdrive", "dropbox"):
        return bool(re.search(r"\b(?:link|share|publiclink)\b", joined))
    return bool(
        re.search(
            r"--public-access[= ](?:blob|container)|-c[= ]public\b|--acl[= ]public|allusers|allauthenticatedusers|--group-names all|Group=all|values-to-add all|presign",
            joined,
            re.I,
        )
    ) and not re.search(r"operation-type[= ]remove|remove-iam|--remove", joined)


@check("case-material-prompted", "llm", "ollama", "sgpt", "aichat", "chatgpt", "gemini", "claude", "fabric", "mods", "openai", "tgpt", "shell-gpt", "copilot")  # fmt: skip
def _case_material_prompted(argv: Argv, command: Command) -> bool:
    """Logs or alerts become the prompt of somebody else's model."""
    if argv.program == "ollama":  # runs on the own machine
        return False
    return bool(MATERIAL.search(f"{argv.joined} {_fed(command)}"))
