# ruff: noqa: E501  (regular expressions are read better whole)
"""Secrets on a command line: shown by ``env`` and ``echo``, searched for, given as a word, read out of a process."""

from __future__ import annotations

import re

from explainer.advice.patterns import Argv
from explainer.advice.scope import check
from explainer.advice.script import Command

_NAME = (
    r"[A-Z0-9_]*(?:PASSWORD|PASSWD|SECRET|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|TOKEN|CREDENTIALS?|PASSPHRASE)[A-Z0-9_]*"
)
_VARIABLE = re.compile(r"\$\{?(" + _NAME + r")\}?(?![\w(])")
# Files and counts are named like secrets too.
_NO_SECRET = re.compile(r"_(?:FILE|PATH|NAME|ARN|ID|URL|TTL|TYPE|LENGTH|COUNT|DIR|AGE)$|^(?:TOKEN_COUNT|MAX_TOKENS?)$")
_LITERAL = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])(?![$<{*%])[\w!@#%^*+/.-]{6,}")
_GUEST = frozenset({"docker", "podman", "kubectl", "oc", "nerdctl", "crictl", "ssh", "lxc", "nomad", "ctr"})


def _feeds(command: Command, depth: int = 4) -> list[Command]:
    found: list[Command] = []
    source = command.piped_from
    while source is not None and len(found) < depth:
        found.append(source)
        source = source.piped_from
    return found


@check("environment-shown", "env", "printenv", "export", "declare", "set")
def _environment_shown(argv: Argv, command: Command) -> bool:
    """The whole environment of a container or a job is printed."""
    guest = bool(set(command.inside) & _GUEST)
    return guest and argv.program in ("env", "printenv") and len(argv.words) == 1 and not command.unseen


@check("secret-searched", "grep", "rg", "egrep", "ag", "findstr", "select-string", "ack", "zgrep")
def _secret_searched(argv: Argv, command: Command) -> bool:
    """Lines with passwords are searched for and shown."""
    if any(
        re.fullmatch(r"-\w*[lcqL]\w*|--(?:count|files-with-matches|quiet|files-without-match)", w)
        for w in argv.words[1:]
    ):
        return False
    wanted = next((w for w in argv.positional), "")
    if not re.fullmatch(
        r"\W*(?:pass(?:w(?:or)?d)?|secret|token|api.?key|credentials?|authorization|bearer|aws_secret\w*|private.key)\W*(?:[|=:]\S*)?",
        wanted,
        re.I,
    ):
        return False
    if command.piped_from is None:
        where = " ".join(argv.positional[1:])
        return bool(re.search(r"(?:^|\s)/(?:etc|home|root|var|opt|srv|proc)?(?:/|\s|$)|~|C:\\", where)) and any(
            re.fullmatch(r"-\w*[rR]\w*|--recursive|/s", w) for w in argv.words[1:]
        )
    first = _feeds(command)[-1]
    text = " ".join(first.argv)
    return bool(
        re.search(
            r"history|^tcpdump\b.*-A|^strings\b.*/proc|^cat\b.*(?:\.env|history|credentials|config\.json|environ)|^(?:env|printenv)$|^kubectl logs|web\.config",
            text,
        )
    )


@check(
    "secret-echoed",
    "echo",
    "printf",
    "logger",
    "curl",
    "gh",
    "glab",
    "wall",
    "mail",
    "write-host",
    "write-output",
    "notify-send",
    "slack",
)
def _secret_echoed(argv: Argv, command: Command) -> bool:
    """A variable that holds a secret is printed, logged, or sent to a chat."""
    named = [n for n in _VARIABLE.findall(argv.joined) if not _NO_SECRET.search(n)]
    if not named or command.unseen:
        return False
    if argv.program in ("echo", "printf"):
        # Into a program or a file it is handed on, not shown.
        kept = any(
            not t.startswith("/dev/") and not re.search(r"\.(?:log|txt|md)$|report|ticket", t)
            for _, t in command.redirects
        )
        return not kept and not re.search(r"\$\{#|\$\{\w+:[+-]|:\+set|:0:\d", argv.joined)
    if argv.program == "curl":
        chat = re.search(r"hooks\.slack\.com|webhook|telegram|discord|pastebin|paste\.", argv.joined)
        body = re.search(r"\s(?:-d|--data\S*|-F|--form)\s", argv.joined)
        return bool(chat and body)
    return argv.program not in ("gh", "glab") or "comment" in argv.words or "create" in argv.words


@check(
    "password-on-line",
    "docker",
    "podman",
    "chpasswd",
    "passwd",
    "psql",
    "pg_dump",
    "mysql",
    "redis-cli",
    "sqlcmd",
    "bcp",
    "nerdctl",
    "helm",
    "skopeo",
    "buildah",
    "oras",
    "crane",
    "smbpasswd",
    "cryptsetup",
    "gpg",
    "sudo",
)
def _password_on_line(argv: Argv, command: Command) -> bool:
    """``echo PASSWORD |`` in front of a log-in: the password stands in the history."""
    if not re.search(r"--password-stdin|--stdin\b|\bluksOpen\b|--passphrase-fd", argv.joined):
        return False
    source = command.piped_from
    return (
        source is not None
        and source.program in ("echo", "printf")
        and any(_LITERAL.fullmatch(w) for w in source.argv[1:3])
    )


@check(
    "process-with-secrets-dumped", "gcore", "gdb", "procdump", "jmap", "jcmd", "dotnet-dump", "createdump", "strings"
)
def _process_with_secrets_dumped(argv: Argv, command: Command) -> bool:
    """The memory of a process that keeps keys is written to a file."""
    words = " ".join([argv.joined, *(" ".join(c.argv) for c in command.substitutions)])
    if argv.program in ("jmap", "jcmd"):
        return bool(re.search(r"/var/www|/srv/|public|share|/tmp/", words)) and bool(re.search(r"dump", words))
    return bool(
        re.search(
            r"\b(?:vault|ssh-agent|gpg-agent|sshd|gnome-keyring|keepass\w*|1password|kubelet|kube-apiserver|etcd|lsass|sssd|keycloak|secretsd?)\b",
            words,
        )
    ) and bool(re.search(r"dump|gcore|/proc/", words))


@check("password-given", "chpasswd", "passwd", "useradd", "usermod", "pw", "smbpasswd", "htpasswd")
def _password_given(argv: Argv, command: Command) -> bool:
    """A password that stands in the text becomes the password of an account."""
    if argv.program == "chpasswd":
        return bool(re.search(r"^\s*\w[\w.-]*:(?![$!*<{])\S{1,40}\s*$", command.stdin or "", re.M)) and not re.search(
            r"-e\b|--encrypted", argv.joined
        )
    if argv.program == "passwd":
        return "--stdin" in argv.words and bool(command.stdin and not re.match(r"\s*[$<{]", command.stdin))
    if argv.program in ("useradd", "usermod"):
        return any(re.fullmatch(r"(?![$!*<{])\w{1,12}", v) for f in ("-p", "--password") for v in argv.flags.get(f, ()))
    return False


_SECRET_ENV = re.compile(
    r"(?:" + _NAME + r"|PGPASSWORD|MYSQL_PWD|REDISCLI_AUTH|SSHPASS|RESTIC_PASSWORD|BORG_PASSPHRASE)"
)


def given_in_environment(name: str, value: str) -> bool:
    """``PGPASSWORD=x psql``: whether an assignment writes a secret down."""
    return (
        _SECRET_ENV.fullmatch(name) is not None
        and not _NO_SECRET.search(name)
        and _LITERAL.fullmatch(value) is not None
        and "/" not in value[:1]
    )


@check("secret-piped", "env", "printenv", "tee", "curl", "nc", "mail", "set", "slackcat", "wget")
def _secret_piped(argv: Argv, command: Command) -> bool:
    """The whole environment goes into a file or to somebody."""
    if argv.program in ("env", "printenv", "set"):
        whole = not argv.positional or argv.program == "env"
        return whole and any(not target.startswith("/dev/") for _, target in command.redirects)
    source = command.piped_from
    return source is not None and source.program in ("env", "printenv") and len(source.argv) == 1
