# ruff: noqa: E501  (word tables and regular expressions are read better whole)
# ruff: noqa: ARG001  (one signature for all functions of a kind)
"""Steps after which nobody gets in: every account at once, the last administrator, the tools and files of a log-in."""

from __future__ import annotations

import re

from explainer.advice.patterns import Argv
from explainer.advice.scope import check
from explainer.advice.script import Command

# Verbs that take one account's access away, and the sources that list every account.
_TAKES = re.compile(
    r"^(?:(?:disable|lock|remove|revoke|block|suspend|deactivate)-(?:ad|local|az|mg|entra)?\w*(?:account|user|member|assignment|key|rule)\w*|usermod|passwd|chage|userdel|deluser|chsh|gpasswd|faillock)$",
    re.I,
)
_LISTS_ALL = re.compile(
    r"(?<!\w)(?:get-aduser\b.*-filter\s+\W?\*|get-localuser\s*$|get-localuser\W|get-mguser\b.*-all|get-azaduser\b|get-localgroupmember\s+\W?administrators|get-adgroupmember\W|"
    r"getent passwd|cut -d:? ?:? ?-f ?1 /etc/passwd|/etc/passwd\b|list-users|compgen -u|lastlog|ls /home|get-netfirewallrule)",
    re.I,
)
_ADMIN = re.compile(r"(?:root|administrator|admin|sa|postgres|superuser|sysadmin|break-?glass)", re.I)


def _sources(command: Command) -> str:
    words: list[str] = []
    source, depth = command.piped_from, 0
    while source is not None and depth < 4:
        words.append(" ".join(source.argv[:12]))
        source, depth = source.piped_from, depth + 1
    words += [" ".join(c.argv[:12]) for c in command.substitutions]
    return " | ".join(words)


@check("everybody-locked-out", "*")
def _everybody_locked_out(argv: Argv, command: Command) -> bool:
    """The accounts that a listing of all accounts gives are locked, deleted or taken out of their group."""
    if not _TAKES.match(argv.program):
        return False
    if argv.program in ("usermod", "passwd", "chage", "chsh", "faillock") and not re.search(
        r"\s(?:-L|-l|--lock|-e\s*[01]|-E\s*0|--expiredate|nologin|/bin/false)", argv.joined
    ):
        return False
    sources = _sources(command)
    if re.search(r"\b(?:where-object|where|\?)\b.*-(?:eq|like|match)|grep\s+(?:-\w+\s+)*['\"]?\w{3,}", sources, re.I):
        return False
    return bool(_LISTS_ALL.search(sources)) or bool(_LISTS_ALL.search(argv.joined) and "(" in argv.joined)


@check("last-admin-out", "rabbitmqctl", "ipa", "samba-tool", "redis-cli", "az", "gh", "net", "kadmin.local", "dscl", "pw", "mc", "mongosh", "influx", "cqlsh", "occ")  # fmt: skip
def _last_admin_out(argv: Argv, command: Command) -> bool:
    """The account with which a system is administered is removed or disabled."""
    joined = argv.joined
    if argv.program == "redis-cli":
        return bool(
            re.search(r"\bacl\s+(?:deluser\s+(?:\S+\s+)*default\b|setuser\s+default\s+(?:off|reset)\s*$)", joined, re.I)
        )
    if argv.program == "az":
        return bool(
            re.search(r"ad user update\b.*--account-enabled[= ]false", joined, re.I)
            and re.search(r"--id[= ]\S*(?:admin|break-?glass|root)", joined, re.I)
        )
    if argv.program == "gh":
        return bool(
            re.search(
                r"-X\s*DELETE\b.*/(?:orgs|enterprises)/[\w-]+/(?:members|memberships)/\S*(?:owner|admin)", joined, re.I
            )
        )
    verb = re.search(r"\b(?:delete_user|clear_permissions|user-disable|user-del|user disable|user delete|userdel|delprinc|users? remove|user drop|deluser)\b", joined)  # fmt: skip
    return verb is not None and any(_ADMIN.fullmatch(w) for w in argv.positional)


_POLICY_DENY = re.compile(r"(?:default (?:deny|reject|drop)|policy (?:drop|deny|reject)|(?:INPUT|OUTPUT) DROP)")


@check(
    "login-path-broken",
    "chmod",
    "rm",
    "mv",
    "touch",
    "usermod",
    "pw",
    "umount",
    "ufw",
    "ipfw",
    "pfctl",
    "chown",
    "setfacl",
    "truncate",
)
def _login_path_broken(argv: Argv, command: Command) -> bool:
    """The root folder, the shell, su, sudo or the files of a log-in lose what a log-in needs."""
    joined = argv.joined
    if argv.program == "chmod":
        mode = next((w for w in argv.words[1:] if re.fullmatch(r"[0-7]{3,4}|[ugoa]*[-=+][rwxst]*", w)), "")
        targets = [w for w in argv.words[1:] if w.startswith("/")]
        if any(re.fullmatch(r"/+|/(?:usr|bin|lib|lib64|etc|sbin|usr/bin|usr/lib)/?", t) for t in targets):
            return bool(re.fullmatch(r"0?[0-7][0-6][0-6]|0?[0-7]00|[oag]*-\w*[rx]\w*", mode)) and not re.fullmatch(
                r"0?75[15]|0?711", mode
            )
        return bool(re.fullmatch(r"u?-s|a?-s|a?-x|u-x|0?[0-6][0-6][0-6]|ug?-s", mode)) and any(
            re.fullmatch(r"/(?:usr/)?s?bin/(?:sudo|su|bash|sh|login|sshd|pkexec|doas)", t) for t in targets
        )
    if argv.program == "touch":
        return any(re.fullmatch(r"/etc/nologin|/run/nologin|/var/run/nologin", w) for w in argv.positional)
    if argv.program in ("rm", "truncate"):
        return bool(
            re.search(
                r"\s/etc/(?:sudoers(?:\.d(?:/\*)?)?|pam\.d(?:/\S*)?|shells|nsswitch\.conf|security/access\.conf)(?:\s|$)",
                joined,
            )
        )
    if argv.program == "usermod":
        return bool(
            re.search(
                r"(?:^|\s)-G\s+(?!\S*(?:sudo|wheel|admin))\S+\s+(?:admin|root|ubuntu|ec2-user|\$USER)\s*$", joined
            )
        )
    if argv.program == "ufw":
        return bool(re.fullmatch(r"ufw (?:--force )?deny in(?: on \S+)?(?: from any)?", joined))
    if argv.program == "ipfw":
        return bool(re.search(r"\badd\s+\d*\s*deny\s+(?:all|ip)\s+from\s+any\s+to\s+(?:any|me)\s*$", joined))
    if argv.program == "pfctl":
        text = " ".join([command.stdin or "", _sources(command)])
        return (
            "-f" in argv.flags
            and bool(re.search(r"(?:^|\W)block\s+(?:all|drop all|in all)\b", text))
            and "pass" not in text
        )
    return False
