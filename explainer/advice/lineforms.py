# ruff: noqa: E501  (regular expressions are read better whole)
"""Configuration files that are known by their lines: which file is a stretch of lines from, when nothing else says so?

Every form has a shape that each of its lines has, and telling lines of which one must be there.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

_MAX_LINES = 400


class _Form(NamedTuple):
    name: str
    """The name of a file of this form, for rules that ask for one."""
    line: re.Pattern[str]
    telling: re.Pattern[str]


_LEFT = r"\s*"


def _form(name: str, line: str, telling: str) -> _Form:
    return _Form(name, re.compile(rf"\s*(?:{line})\s*$"), re.compile(rf"{_LEFT}(?:{telling})"))


_FORMS = (
    _form(
        "ssh_config",
        r"(?:Host|Match)\s+\S.*|[A-Z][A-Za-z0-9]{2,40}[ =]+\S.*",
        r"(?:StrictHostKeyChecking|UserKnownHostsFile|GlobalKnownHostsFile|VerifyHostKeyDNS|CheckHostIP|HashKnownHosts|ForwardAgent|ForwardX11\w*|ProxyCommand|ProxyJump|IdentityFile)\b",
    ),
    _form(
        "sshd_config",
        r"Match\s+\S.*|[A-Z][A-Za-z0-9]{2,40}[ =]+\S.*",
        r"(?:Permit[A-Z]\w+|\w+Authentication(?:Methods)?|AuthenticationMethods|(?:Allow|Deny)(?:Users|Groups)|Authorized\w+|MaxAuthTries|LoginGraceTime|UsePAM|GatewayPorts|X11Forwarding|"
        r"IgnoreRhosts|StrictModes|AllowTcpForwarding|AllowAgentForwarding|ForceCommand|ChrootDirectory|TrustedUserCAKeys)[ =]+\S",
    ),
    _form(
        "sudoers",
        r"Defaults[:@!>]?\S*\s+\S.*|(?:User|Runas|Host|Cmnd)_Alias\s+.*|[%+#@]?[\w.\\-]+\s+[\w,.!-]+\s*=\s*(?:\([^)\n]*\)\s*)?\S.*|[@#]include(?:dir)?\s+\S+",
        r"Defaults[:@!>]?\S*\s+!?\w+|(?!declare|local|readonly|export|typeset)[%+#]?\w[\w.\\-]*\s+(?:[A-Za-z][\w,.-]*\s*=\s*(?:\(\w+(?:\s*:\s*\w+)?\)\s*\S|(?:NO)?PASSWD:)|ALL\s*=\s*ALL\b)",
    ),
    _form(
        "pam.d",
        r"-?(?:auth|account|password|session)\s+(?:\[[^\]\n]*\]|\w+)\s+\S.*|@include\s+\S+",
        r"-?(?:auth|account|password|session)\s+(?:\[[^\]\n]*\]|required|requisite|sufficient|optional|include|substack)\s+\S",
    ),
    _form(
        "audit.rules",
        r"-[DbefrciklaAwWS]\b.*|--(?:loginuid-immutable|backlog_wait_time)\b.*",
        r"-(?:[aAwW]\s|D\s*$|e\s*[012]\s*$|f\s*[012]\s*$)",
    ),
    _form(
        "rsyslog.conf",
        r"(?:\*|(?:auth(?:priv)?|cron|daemon|kern|lpr|mail|news|syslog|user|uucp|ftp|local[0-7])(?:,\w+)*)\.[\w*=!,]+(?:;\S+)*\s+\S.*|:[\w$.-]+,\s*!?\w+,\s*\"[^\"]*\"\s*\S*.*|\$\w+\s+\S.*|(?:module|input|action|global|template|ruleset)\(.*|if\s+\$.*then.*|&\s*(?:stop|~)|stop|\}",
        r"(?:\*|(?:auth(?:priv)?|cron|daemon|kern|lpr|mail|news|syslog|user|uucp|ftp|local[0-7])(?:,\w+)*)\.[\w*=!,]+(?:;\S+)*\s+(?:-?/|@|:om|stop|~|&|\|)|:[\w$.-]+,\s*!?(?:isequal|contains|startswith|regex|ereregex)\b|\$(?:ModLoad|Action\w+|InputTCP\w+|WorkDirectory)|(?:module|action|input)\(\s*(?:type|load)=|if\s+\$\w+.*\bthen\b|&\s*(?:stop|~)",
    ),
    _form(
        "apt.conf",
        r"[A-Z][A-Za-z]+(?:::[\w-]*)+\s*(?:\"[^\"]*\"|\{|\S+)\s*;?.*|\}\s*;?|\"[^\"]*\";",
        r"(?:APT|Acquire|Dpkg|DPkg|Aptitude|Unattended-Upgrade)::",
    ),
    _form("sources.list", r"(?:deb|deb-src)\s+\S.*", r"(?:deb|deb-src)\s+(?:\[[^\]\n]*\]\s+)?\w+:"),
    _form(
        "pg_hba.conf",
        r"(?:local|host\w*)\s+\S+\s+\S+\s+\S.*",
        r"(?:local|host(?:ssl|nossl|gssenc|nogssenc)?)\s+\S+\s+\S+\s+(?:\S+\s+){0,2}(?:trust|reject|md5|password|scram-sha-256|peer|ident|cert|ldap|gss|radius|pam)\b",
    ),
    _form("exports", r"/\S*(?:\s+[^\s$(]+\([^)\n]*\))+", r"/\S*\s+[^\s$(]+\([a-z_,=\d]+\)"),
    _form("access.conf", r"[+-]\s*:\s*[^:\n]+:\s*[^:\n]+", r"[+-]\s*:\s*[^:\n]+:\s*[^:\n]+"),
    _form(
        "nginx.conf",
        r"[a-z][a-z0-9_]*(?:\s+[^;{}]+)?(?:;|\{)[^{]*|\}",
        r"(?:(?:proxy|grpc|fastcgi|uwsgi|ssl|auth|access|error|limit|add)_\w+|server_name|listen\s+\S*\d|(?:allow|deny)\s+(?:all|\d)|satisfy|autoindex|location\s+\S|stub_status)\b[^;{}]*[;{]",
    ),
    _form(
        "haproxy.cfg",
        r"(?:global|defaults|frontend|backend|listen|server|bind|mode|option|timeout|stats|acl|use_backend|default_backend|http-\w+|tcp-\w+|balance|maxconn|log|errorfile|ssl-\w+|userlist|user|resolvers|nameserver)\b.*",
        r"(?:frontend|backend|listen|server)\s+\S+.*|stats\s+(?:auth|uri|enable|socket)|bind\s+\S*:\d+",
    ),
    _form(
        "logrotate.conf",
        r"[/\"~].*\{|\}|(?:rotate|daily|weekly|monthly|hourly|size|minsize|maxsize|maxage|compress|missingok|notifempty|copytruncate|postrotate|prerotate|endscript|create|su|shred\w*|dateext|delaycompress|sharedscripts|nocreate|mail|nomail|olddir|start|include)\b.*|[a-z/].*",
        r"/\S*(?:\s+/\S+)*\s*\{",
    ),
    _form(
        ".curlrc",
        r"-?-?[a-z][a-z0-9.-]*(?:\s*[=:\s]\s*\S+)?",
        r"-?-?(?:insecure|proxy-insecure|ssl-no-revoke|cacert|tlsv1\S*|proto-default|doh-insecure)\b",
    ),
    _form(
        "sysctl.conf",
        r"-?(?:kernel|net|fs|vm|dev|user|abi|debug|kern|security|hw)[./][\w./*-]+\s*=\s*\S.*",
        r"-?(?:kernel|net|fs|vm|dev|user|kern|security|hw)[./]",
    ),
    _form("grub", r"(?:export\s+)?GRUB_[A-Z_]+=.*", r"GRUB_CMDLINE"),
    _form(
        "redis.conf",
        r"[a-z][a-z-]*\s+\S.*",
        r"(?:protected-mode|requirepass|masterauth|rename-command|appendonly|maxmemory|enable-debug-command|tls-port|aclfile)\s",
    ),
    _form(
        "login.defs",
        r"[A-Z][A-Z_]{4,40}\s+\S+",
        r"(?:PASS_|UID_M|GID_M|UMASK|ENCRYPT_METHOD|LOGIN_|FAIL_DELAY|SU_|USERGROUPS)",
    ),
    _form(
        "modprobe.d", r"(?:alias|blacklist|install|options|remove|softdep)\s+\S.*", r"(?:blacklist|options)\s+[\w-]+"
    ),
    _form(
        "my.cnf",
        r"\[\w+\]|[a-z][\w-]*(?:\s*=\s*\S.*)?",
        r"\[(?:mysqld|mariadb|client|mysqld_safe)\]",
    ),
)


_LONGEST = 2_000
_TELLING = re.compile(rf"^[ \t]*(?:{'|'.join(form.telling.pattern.removeprefix(_LEFT) for form in _FORMS)})", re.M)


def may_hold(text: str) -> bool:
    """Whether some line of a text tells of one of the forms."""
    # Line by line: across lines, and along one without end, some of the forms look back again and again.
    return any(_TELLING.match(line[:_LONGEST]) is not None for line in text.splitlines())


@functools.lru_cache(512)
def form_of(text: str) -> str:
    """The name of a file of the form that all lines of a text have, or an empty string."""
    lines = [line for line in text.split("\n", _MAX_LINES) if line.strip() and line.lstrip()[0] not in "#;"]
    if not lines or len(lines) > _MAX_LINES or len(max(lines, key=len)) > 2_000:
        return ""
    bare = [line for line in lines if line.lstrip()[:2] != "//"]
    for form in _FORMS:
        if any(form.telling.match(line) for line in bare) and all(form.line.match(line) for line in bare):
            return form.name
    return ""
