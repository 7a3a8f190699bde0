"""Acts of a command line that reach over the network: shells joined to it, secrets sent, downloads run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.enrich.command import SHELLS, Command, Line, base, interpreter, names

NETCAT = frozenset({"nc", "ncat", "netcat", "nc.traditional", "nc.openbsd", "pwncat"})
RELAYS = NETCAT | {"telnet", "socat"}
FETCH = frozenset({"curl", "wget", "fetch", "aria2c", "lwp-download", "lwp-request", "axel", "tftp", "ftpget"})
SEND = names(
    "scp sftp ftp tftp ftpput rsync rclone aws gsutil az restic borg mail mailx sendmail croc wormhole mc s3cmd azcopy "
    "lftp ssh"
)
QUIET = frozenset({"", ":", "[", "[["}) | names(
    "test true false clear cd sleep exit set umask export which type fi done echo printf wait return local read trap "
    "ulimit shift hash"
)
"""Commands that change nothing outside the shell."""
_SECRET = re.compile(
    r"/etc/g?shadow\b|/etc/passwd\b|/etc/sudoers|(?:^|/)id_(?:rsa|dsa|ecdsa|ed25519)\b|/\.ssh(?:/|\b)|\.aws/credentials"
    r"|\.kube/config|serviceaccount/|/proc/[^/\s]+/environ|\.git-credentials|\.docker/config\.json|/etc/kubernetes/"
    r"|krb5\.keytab|\.pgpass|\.netrc|\.my\.cnf|\.(?:pem|key|p12|pfx|kdbx|jks)\b|/etc/ssl/private|\.bash_history"
)
_LOOPBACK = re.compile(r"(?:localhost|127\.[\d.]+|::1|0\.0\.0\.0|\[::1\])")
_SOCKET_FILE = re.compile(r"/dev/(?:tcp|udp)/([^/\s]+)")
_READS = re.compile(r"\bread\b|\beval\b")
_JOINED_TO = re.compile(r"[<>]&|\d?<>|\bread\b")
_CODE_NET = re.compile(
    r"socket|fsockopen|IO::Socket|net\.connect|create_connection|http\.client|urlopen|urllib|requests\.get|TCPClient"
    r"|LWP::|Net::HTTP|file_get_contents\(?http|require\(?http",
    re.IGNORECASE,
)
_CODE_RUN = re.compile(
    r"dup2|pty\b|subprocess|os\.system|popen|\bexec\b|\bexec\(|system\(|shell_exec|passthru|spawn|child_process|/bin/\w*sh\b"
    r"|eval\(|\beval\b|open STDIN",
    re.IGNORECASE,
)
_CODE_HIDDEN = re.compile(r"b64decode|base64|fromhex|unhexlify|decode\(|gzinflate|str_rot13|marshal\.loads|pack\(")
SET_ID = re.compile(r"(?:[ugoa]*\+[rwx]*s[rwx]*|0?[2467][0-7]{3})")
_RUNNABLE = re.compile(r"(?:[ugoa]*\+[rws]*x[rws]*|0?[1-7]?[1357][0-7]{2})")
WRITABLE = ("/tmp/", "/var/tmp/", "/dev/shm/", "/run/user/")  # noqa: S108 - read, never written


def shell_to_network(line: Line) -> str:
    """A shell or an interpreter whose input or output is a connection."""
    for command in line.commands:
        if command.program in NETCAT and _handed_over(command) and not _nowhere(command):
            return command.text
        if command.program == "socat" and re.search(r"(?:EXEC|SYSTEM|SHELL):", command.text, re.IGNORECASE):
            return command.text
        if (
            interpreter(command.program)
            and _CODE_NET.search(line.text)
            and _CODE_RUN.search(line.text)
            and _has_code(command)
        ):
            return line.whole
    if any(not _LOOPBACK.fullmatch(host[1]) for host in _SOCKET_FILE.finditer(line.text)):
        interactive = any(c.program in SHELLS and c.option("-i") for c in line.commands)
        if (
            interactive
            or _READS.search(line.text)
            or re.search(r"[<>]&\s*/dev/(?:tcp|udp)/|[012]\s*[<>]&|&>\s*/dev/(?:tcp|udp)/", line.text)
        ):
            return line.whole
        if _JOINED_TO.search(line.text) and any(
            c.program in SHELLS or c.program in {"while", "eval", "cat"} for c in line.commands[1:]
        ):
            return line.whole
    for first, second in line.pipes():
        relay = {first.program, second.program} & RELAYS or "s_client" in f"{first.text} {second.text}"
        if relay and (first.program in SHELLS or second.reads_program) and not _nowhere(first) and not _nowhere(second):
            return f"{first.text} | {second.text}"
    programs = {c.program for c in line.commands}
    relays = programs & RELAYS or "s_client" in line.text
    if relays and programs & {"mkfifo", "mknod"} and (programs & SHELLS):
        return line.whole
    return ""


def _has_code(command: Command) -> bool:
    return command.option("-c", "-e", "-r", "-E") or command.reads_program


def _handed_over(command: Command) -> bool:
    for number, word in enumerate(command.words):
        name, _, value = word.partition("=")
        long = name in {"--exec", "--sh-exec", "--lua-exec"}
        if not long and not re.fullmatch(r"-[a-zA-Z]*[ec]", word):
            continue
        program = base(value or (command.words[number + 1] if number + 1 < len(command.words) else ""))
        if program in SHELLS or interpreter(program) or program in {"busybox", "cmd.exe", "cmd"}:
            return True
    return False


def _nowhere(command: Command) -> bool:
    """The far end is this machine, or the one name that stands for nobody (RFC 2606)."""
    return any(_LOOPBACK.fullmatch(word) or word == "example.com" for word in command.words)


def _upload(command: Command) -> bool:
    """A transfer tool that is told to send."""
    if command.program == "curl":
        return command.option("-T", "--upload-file") or any(
            "@" in w and not w.startswith(("http", "--user", "-u")) and "://" not in w for w in _values(command, _BODY)
        )
    if command.program == "wget":
        return command.option("--post-file", "--body-file")
    if command.program in {"rsync", "scp"}:
        return any(":" in word and "=" not in word for word in command.words)
    return command.program in SEND


_BODY = ("-d", "-F", "--data", "--data-binary", "--data-raw", "--data-urlencode", "--form", "--json", "-sd", "-sF")


def _values(command: Command, options: tuple[str, ...]) -> Iterator[str]:
    for number, word in enumerate(command.words):
        name, equal, value = word.partition("=")
        if name in options:
            yield value if equal else command.words[number + 1] if number + 1 < len(command.words) else ""
        elif word[:2] in options and not word.startswith("--"):
            yield word[2:]


def secret_sent(line: Line) -> str:
    """A transfer of something that holds credentials."""
    if not _SECRET.search(line.text):
        return ""
    for command in line.commands:
        body = command.program in FETCH and any(True for _ in _values(command, _BODY))
        posts = command.program == "wget" and command.option("--post-data", "--body-data")
        relays = command.program in RELAYS and not _nowhere(command)
        sends = _upload(command) and (command.program in FETCH or len(command.words) > 1)
        if command.program == "ssh":
            sends = command.join.startswith("|")
        if sends or relays or body or posts:
            return line.whole
    return ""


def file_sent(line: Line) -> str:
    """A transfer of a file or of another command's output."""
    for command in line.commands:
        if command.program in {"curl", "wget"} and _upload(command):
            return command.text
    for first, second in line.pipes():
        if second.program in RELAYS and first.program not in QUIET and not _nowhere(second):
            return f"{first.text} | {second.text}"
    return (
        ""
        if "<" not in line.text
        else next((c.text for c in line.commands if c.program in NETCAT and re.search(r"<\s*/\w", c.text)), "")
    )


def download_run(line: Line) -> str:
    """A download that is run in the same line."""
    fetches = [number for number, c in enumerate(line.commands) if c.program in FETCH]
    if not fetches:
        return ""
    for first, second in line.pipes():
        if first.program in FETCH and second.reads_program:
            return f"{first.text} | {second.text}"
    for number in fetches:
        before = line.commands[number - 1] if number else None
        if line.commands[number].join in {"$(", "<(", "`"} and before is not None:
            runs = before.program in SHELLS | {"eval", "source", "."} or interpreter(before.program)
            if runs or before.text.endswith(" -c"):
                return line.whole
    for later in line.commands[fetches[0] + 1 :]:
        if later.program == "chmod" and any(
            _RUNNABLE.fullmatch(word) or SET_ID.fullmatch(word) for word in later.words
        ):
            return line.whole
        if later.path.startswith((*WRITABLE, "./")) or (
            later.program in SHELLS and any(w.startswith((*WRITABLE, "./")) for w in later.words)
        ):
            return line.whole
    return ""


def hidden_run(line: Line) -> str:
    """Code that is decoded and run in the same line."""
    for first, second in line.pipes():
        decodes = (first.program in {"base64", "base32"} and first.option("-d", "--decode", "-D")) or (
            (first.program == "openssl" and first.option("-d")) or (first.program == "xxd" and first.option("-r"))
        )
        if decodes and second.reads_program:
            return f"{first.text} | {second.text}"
    for command in line.commands:
        coded = interpreter(command.program) and command.option("-c", "-e", "-r") and _CODE_HIDDEN.search(line.text)
        if coded and (_CODE_RUN.search(line.text) or "exec(" in line.text):
            return line.whole
    return ""
