# ruff: noqa: E501  (word tables and regular expressions are read better whole)
# ruff: noqa: SIM102  (clearer as it stands)
"""Which language a piece of code is in: by its label, or by its looks."""

from __future__ import annotations

import functools
import re

from explainer.advice.lineforms import form_of

LABELS = {
    "sh": "shell", "bash": "shell", "shell": "shell", "zsh": "shell", "console": "shell", "terminal": "shell", "shell-session": "shell",
    "shellsession": "shell", "sh-session": "shell", "ksh": "shell", "fish": "shell", "cmd": "shell", "bat": "shell", "batch": "shell", "dos": "shell",
    "yaml": "yaml", "yml": "yaml", "helm": "yaml", "ansible": "yaml", "json": "json", "json5": "json", "jsonc": "json", "jsonl": "json",
    "hcl": "hcl", "terraform": "hcl", "tf": "hcl", "nomad": "hcl", "dockerfile": "dockerfile", "docker": "dockerfile", "containerfile": "dockerfile",
    "ini": "ini", "conf": "ini", "cfg": "ini", "toml": "ini", "properties": "ini", "env": "ini", "dotenv": "ini", "systemd": "ini", "config": "ini",
    "service": "ini", "sshd": "ini", "sudoers": "ini", "cron": "cron", "crontab": "cron", "python": "python", "py": "python", "python3": "python",
    "powershell": "powershell", "ps1": "powershell", "pwsh": "powershell", "posh": "powershell", "sql": "sql", "mysql": "sql", "psql": "sql",
    "postgresql": "sql", "diff": "diff", "patch": "diff", "markdown": "markdown", "md": "markdown", "xml": "xml", "plist": "xml", "ossec": "xml", "ruby": "resources", "rb": "resources", "chef": "resources",
    "puppet": "resources", "pp": "resources", "javascript": "code", "js": "code", "typescript": "code", "ts": "code", "go": "code", "golang": "code",
    "java": "code", "kotlin": "code", "groovy": "code", "csharp": "code", "cs": "code", "php": "code", "rust": "code", "scala": "code", "c": "code",
    "reg": "registry", "registry": "registry", "nginx": "ini", "apache": "ini", "sysctl": "ini", "nft": "ini", "nftables": "ini", "pam": "ini",
    "rules": "ini", "desktop": "ini", "unit": "ini", "quadlet": "ini", "haproxy": "ini", "vcl": "ini", "lua": "code", "salt": "yaml", "sls": "yaml",
}  # fmt: skip

_SHELL_WORDS = re.compile(
    r"^\s*(?:\$ |# ?!/|sudo |set -[eu]|export \w+=|for \w+ in |if \[|while |echo |cat |cd |"
    r"kubectl |docker |systemctl |curl |aws |helm |git |rm |chmod )",
    re.M,
)
_POWERSHELL = re.compile(
    r"^\s*(?:[A-Z][a-zA-Z]+-[A-Z]\w+\b|\$[A-Za-z]\w*\s*=|Import-Module|param\s*\(|IEX\b|iex\b|"
    r"\[System\.|\[Net\.|PS [A-Z]:)|\|\s*(?:ForEach|Where|Select|Out|Set|Remove|Stop|Clear|Sort)-[A-Z]\w+",
    re.M,
)
_PYTHON = re.compile(
    r"^(?:import \w|from [\w.]+ import |def \w+\(|class \w+[:(]|with open\(|print\(|\w[\w.]* "
    r"= [\w.]+\(|[a-z_]\w*(?:\.\w+)+\(.*\)\s*$|for \w+ in .+:\s*$)",
    re.M,
)
_YAML_LINE = re.compile(r"^\s*(?:- )*[\w.$\"'/{}@ -]{1,80}:(?:\s|$)|^\s*- \S|^\s*#|^---\s*$|^\s*$|^\s*[-\w\"'{\[|>].*$")
_SOURCE = re.compile(
    r"(?:const|let|var)\s+[\w{}, ]+\s*(?::\s*[\w.<>]+\s*)?=|import\s+(?:[\w*{}, ]+\s+from\s+)?['\"][^'\"]+['\"];?\s*$|(?:await\s+)?new\s+[\w.]+\(|package\s+\w+\s*$|func\s+\w*\(|"
    r"(?:public|private)\s+(?:static\s+)?(?:class|void|final|\w+\s+\w+\()|using\s+[\w.]+;|#include\s*[<\"]|process\.env\.\w+\s*=|<\?php",
    re.M,
)
_SQL = re.compile(
    r"^\s*(?:DROP (?:TABLE|DATABASE|SCHEMA|USER|ROLE|INDEX|KEYSPACE)|TRUNCATE "
    r"(?:TABLE\s+)?\w+\s*;|DELETE FROM|GRANT [A-Z]|ALTER (?:TABLE|USER|ROLE|SYSTEM|DATABASE|"
    r"SERVER)|UPDATE \w+ SET|CREATE (?:USER|ROLE)|SELECT|INSERT INTO|FLUSH|SET GLOBAL)\b[^|"
    r"]*(?:;|$)",
    re.I,
)


def of_label(label: str) -> str:
    """The language of a fence label, or an empty string."""
    return LABELS.get(label.lower(), "")


def sniff(text: str) -> str:
    """The language that an unlabelled text looks like; ``shell`` when nothing else fits."""
    # Reports name the same commands and files again and again.
    return _sniffed(text) if len(text) <= _SHORT else _looks_like(text)


_SHORT = 300


@functools.lru_cache(2048)
def _sniffed(text: str) -> str:
    return _looks_like(text)


def _looks_like(text: str) -> str:
    head = text.lstrip()[:4000]
    if not head:
        return "shell"
    if head.startswith("#!"):
        line = head.split("\n", 1)[0]
        return "python" if "python" in line else "powershell" if "pwsh" in line else "shell"
    if (
        re.match(r"[{\[]\s*(?:\"|\{|\[|$)", head, re.M)
        and head[0] in "{["
        and not re.match(r"\[[\w .\"-]+\]\s*\n", head)
    ):
        return "json"
    if head.startswith("<"):
        from explainer.advice.readers import names_markup

        if names_markup(text):
            return "xml"
    if re.match(r"Windows Registry Editor|REGEDIT4|\[HK", head):
        return "registry"
    if re.match(r"polkit\.addRule\(", head):
        return "code"
    if re.match(
        r"(?:resource|variable|module|provider|terraform|data|locals|output|job|path)\s+(?:\"[^\"]*\"\s*)*\{", head
    ):
        return "hcl"
    if re.match(r"(?:resource|module)\s+\w+\s+'[^'\n]+'", head):
        return "hcl"
    if _SOURCE.match(head):
        return "code"
    if (
        re.search(r"^FROM \S+", head, re.M)
        and re.search(r"^(?:RUN|COPY|USER|ENV|CMD|ENTRYPOINT|ADD|ARG|WORKDIR) ", head, re.M)
    ) or re.match(r"FROM \S+(?: AS \w+)?\s*\n?$", head):
        return "dockerfile"
    if re.match(r"(?:RUN|ENV|USER|ADD|COPY|ENTRYPOINT) \S", head) and not head.startswith("RUN="):
        return "dockerfile"
    if _SQL.match(head):
        return "sql"
    if _POWERSHELL.match(head):
        return "powershell"
    if re.search(
        r"^\s*(?:@(?:hourly|daily|reboot|weekly)|[\d*/,-]+(?:\s+[\d*/,-]+){4})\s+\S", head, re.M
    ) and not re.search(r"^\w+:", head, re.M):
        return "cron"
    lines = [line for line in head.split("\n") if line.strip()]
    comment_free = [line for line in lines if not line.lstrip().startswith(("#", ";", "//"))]
    if not comment_free:
        return "shell"
    first = comment_free[0]
    if re.match(r"\s*\[[^\]\n]+\]\s*$", first):
        return "ini"
    if _PYTHON.match(first) or (_PYTHON.search(head) and re.search(r"^(?:import|from|def) \w", head, re.M)):
        return "python"
    keys = sum(
        1
        for line in comment_free
        if re.match(r"^\s*(?:- )*(?:[\w.$/@-]{1,80}|\"[^\"]{1,80}\"|'[^']{1,80}'|[A-Z]\w+(?: \w+){1,3}):(?:\s|$)", line)
    )
    items = sum(1 for line in comment_free if re.match(r"^\s*- \S", line))
    if (keys and not _SHELL_WORDS.match(first) and keys + items >= len(comment_free) * 0.5) or re.match(
        r"(?:apiVersion|kind|- rule|- macro|- list|- name|---)\b", first
    ):
        return "yaml"
    if re.match(r"(?:[A-Z_][A-Z0-9_]*=\S+\s+)+[a-z./][\w./-]*(?:\s|$)", head):
        return "shell"  # a variable in front of a command
    if sum(1 for line in comment_free if re.match(r"^\s*[A-Za-z_][\w.-]*\s*=\s*\S*", line)) == len(
        comment_free
    ) and not any(re.search(r"[;$`]|\bexport\b", line) for line in comment_free):
        return "ini"
    return "ini" if re.search(r"\S\s", head) and form_of(text) else "shell"


_FILE = re.compile(
    r"(?<![\w/])(?:(?:/etc|/usr|/var|/boot|/opt|~|\.{1,2})?(?:/[\w.@+-]+){1,8}|[\w.@+-]+)"
    r"\.(?:ya?ml|json|conf|cfg|ini|service|rules|toml|tf|repo|properties|xml|container|socket|timer|reg|rb|pp|py|cnf|env|d)\b(?:/[\w.-]+)?"
    r"|/etc/[\w./@-]+|\b(?:sshd_config|ssh_config|sudoers|\.npmrc|Dockerfile|pg_hba\.conf)\b"
)


def named_file(lead: str, text: str) -> str:
    """The file that a block is for, as the sentence before it or its first comment names it; an empty string when none does."""
    first = text.lstrip()[:300].split("\n", 1)[0]
    if first.startswith(("#", "//", ";", "<!--")):
        match = _FILE.search(first)
        if match:
            return match.group(0)
    names = _FILE.findall(re.split(r"(?<=[.!?])\s+(?=[A-Z])", lead.strip())[-1][-300:])
    return str(names[-1]) if names else ""


_COMMAND_LINE = re.compile(
    r"\s*(?:sudo|doas|sed|perl|tee|cp|mv|ln|chattr|chown|chmod|awk|grep|install|vi|vim|nano|service|setenforce|semodule|auditctl|sysctl|"
    r"iptables|nft|ufw|visudo|apt|apt-get|yum|dnf|rpm|dpkg|pip|pip3|npm|go|make|python3?|bash|sh|\./|/usr/|/s?bin/|/opt/)(?:\s|\b)"
)


def first_comment_names(text: str) -> str:
    """The file that the first comment of a block says it is; an empty string when commands follow and no content."""
    head = text.lstrip()[:4000]
    if not head.startswith(("#", "//", ";", "<!--")):
        return ""
    name = named_file("", head)
    if not name:
        return ""
    for line in head.split("\n"):
        if line.strip() and not line.lstrip().startswith(("#", "//", ";", "<!--")):
            return "" if _COMMAND_LINE.match(line) or _SHELL_WORDS.match(line) else name
    return ""


_STARTS = re.compile(
    r"^\s*(?:\$ |[A-Za-z_]\w*=\S*(?:;|\s|$)|[:>.({!]|\.?/[\w./-]+|[a-z_][\w.+-]*\(\)|\[\[? |"
    r"[a-z0-9][\w.+-]*(?:\s|$)|\\?[a-z]|[A-Za-z]+-[A-Za-z]+\s)"
)
_SHELLISH = re.compile(
    r"\s-{1,2}[A-Za-z]|[|;&<>$=]|(?:^|\s)[~.]?/[\w.]|\w\.(?:ko|sh|py|yaml|yml|conf|json|log|service)\b|\"\"|''"
)
_SENTENCE = re.compile(
    r"[a-z]{2}[.!?:]\s*$|^\s*[A-Z][a-z]+ [a-z]+ [a-z]+|, (?:and|but|so|then|which) |`|\*\*| "
    r"(?:the|a|an|is|are|was|to|of|that|this|and|der|die|das|le|la|el) [a-z]"
)


def is_command_text(text: str) -> bool:
    """Whether a short text without any Markdown is command lines as they would be typed."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines or len(lines) > 200:
        return False
    for line in lines:
        if line.lstrip().startswith("#"):
            continue
        bare = re.sub(r"\"[^\"]*\"|'[^']*'", " ", line)
        if not _STARTS.match(line) or (_SENTENCE.search(bare) and not re.match(r"\s*(?:for|if|while|until)\s", line)):
            return False
        if (
            len(bare.split()) > 3
            and not _SHELLISH.search(line)
            and not re.match(
                r"\s*(?:kubectl|aws|gcloud|az|docker|helm|systemctl|falcoctl|git|semanage|apt|apt-get|yum|"
                r"dnf|amtool|nft|iptables|npm|pip|terraform|ip|auditctl|bcdedit|ufw|redis-cli|mokutil|oc|"
                r"gh|vault|net|wevtutil|fail2ban-client|doas|sudo|oci|doctl|hcloud|ibmcloud|nomad|consul|argocd|"
                r"rcctl|svcadm|sysrc|fsutil|tailscale|launchctl|samba-tool|esxcli|netsh|sc|reg|choco|winget)\s",
                line,
            )
        ):
            return False
    return True


def is_script(text: str) -> bool:
    """Whether a paragraph of a report is command lines, with marks that only commands have."""
    return is_command_text(text) and any(
        _SHELLISH.search(line) and not line.lstrip().startswith("#") for line in text.split("\n")
    )


def is_markdown(text: str) -> bool:
    """Whether a whole text is prose or Markdown and not a file of code."""
    head = text[:20_000]
    if is_command_text(head):
        return False
    if re.search(r"^ {0,3}(?:```|~~~|#{1,6} \S|\|.*\|\s*$|[*-] \[[ x]\])", head, re.M) and not re.match(r"#!", head):
        if re.search(r"^ {0,3}(?:```|~~~|#{2,6} \S|\|[ :-]+\|)", head, re.M):
            return True
    language = sniff(text)
    if language in ("json", "hcl", "dockerfile", "python", "powershell", "ini", "cron", "sql"):
        return False
    lines = [line for line in head.split("\n") if line.strip()]
    if language == "yaml":
        if not any(re.match(r"^\s*(?:- )*[\w./\"'{}-]+:(?:\s|$)", line) for line in lines):
            return True
        if "`" in head and re.match(r"\s*[A-Z][\w-]+ \w+ ", head):
            return True
        prose = sum(1 for line in lines if re.search(r"[a-z]{2} [a-z]{2,40} [a-z]{2}.{0,2000}[.!?]\s*$", line))
        return prose * 3 > len(lines) or (len(lines) == 1 and not re.match(r"^[\w.-]+: \S+$|^- \w+: ", lines[0]))
    if head.startswith("#!"):
        return False
    if len(lines) == 1 or not lines:
        return True
    prose = sum(1 for line in lines if re.search(r"^[\s>*\d.-]*[A-Z`*\"][^=|$]* [a-z]+ .*[.:!?`]\s*$", line))
    return prose > 0 or not _SHELL_WORDS.search(head)
