# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Steps that are unsafe together: something is fetched, then it is run, whatever stands between."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from explainer.advice.script import Command, Script

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

_FETCHERS = frozenset(["curl", "wget", "wget2", "aria2c", "fetch", "scp", "sftp", "ftp", "lftp", "tftp", "invoke-webrequest", "iwr", "invoke-restmethod", "irm", "start-bitstransfer", "certutil", "bitsadmin", "axel", "http", "gsutil", "aws", "rclone", "git", "gh", "nc"])  # fmt: skip
_VERIFIERS = frozenset(["sha256sum", "sha512sum", "sha1sum", "b2sum", "b3sum", "gpg", "gpgv", "cosign", "minisign", "signify", "shasum", "rpmkeys", "slsa-verifier", "diff", "cmp", "openssl", "notation", "get-filehash", "get-authenticodesignature", "sigcheck", "codesign"])  # fmt: skip
_VERIFY_WORDS = frozenset(["-c", "--check", "--verify", "verify", "verify-blob", "--checksig", "-vm", "-v", "verify-artifact", "verify-attestation", "dgst", "-verify", "-hash"])  # fmt: skip
_RUNNERS = re.compile(
    r"^(?:ba|da|a|z|k|mk|tc|c|fi)?sh$|^(?:python[\d.]*|perl|ruby|node|php|lua|deno|bun|source|\.|insmod|modprobe|dpkg|rpm|semodule|apt|apt-get|yum|dnf|zypper|apk|"
    r"pacman|kubectl|oc|helm|msiexec|start-process|powershell|pwsh|java|installer|pip3?|npm|gem|ansible-playbook|terraform|docker|podman|ld\.so|start|"
    r"crontab|kldload|kextload|mono|wine|make|tclsh|osascript|at|systemctl|nohup|exec|chroot|cmd|sc|schtasks|mshta|rundll32|regsvr32|cscript|wscript|pkgadd)$",
    re.I,
)  # fmt: skip
_NEED_ROOT = frozenset(
    [
        "insmod",
        "modprobe",
        "kldload",
        "dpkg",
        "rpm",
        "semodule",
        "yum",
        "dnf",
        "zypper",
        "apt",
        "apt-get",
        "apk",
        "pacman",
        "msiexec",
        "crontab",
    ]
)
_UNPACKERS = frozenset(
    ["tar", "unzip", "gunzip", "bunzip2", "unxz", "7z", "7za", "bsdtar", "cpio", "expand-archive", "ar", "zstd", "gzip"]
)
_PLACERS = frozenset(["mv", "cp", "install", "ln", "rsync"])
_TARGET = re.compile(
    r"^(?:-o|-O|--output|--output-document|-OutFile|-Destination|-P|--directory-prefix|--dir|--out)$", re.I
)
_OWN = re.compile(
    r"\.(?:corp|intern|internal|lan|local)\b|\bcorp\.|\bintern|localhost|127\.0\.0\.1|artifactory|nexus|mirror\.", re.I
)


def _base(path: str) -> str:
    return path.strip("\"'").rstrip("/").replace("\\", "/").rsplit("/", 1)[-1]


def _fetched(command: Command) -> str:
    """The file that a download leaves behind, by name; empty when it leaves none."""
    argv, name = command.argv, command.program.lower()
    if name == "git":
        return _base(argv[-1]).removesuffix(".git") if "clone" in argv and len(argv) > 2 else ""
    if name in ("aws", "gsutil", "rclone", "gh") and not {"cp", "copy", "copyto", "download", "sync"} & set(argv):
        return ""
    if name == "nc":
        return command.redirects[0][1] if command.redirects else ""
    target = ""
    for index, word in enumerate(argv):
        follows = index + 1 < len(argv)
        if (
            follows
            and (_TARGET.match(word) or re.fullmatch(r"-[a-zA-Z]*[oO]", word))
            and not (name == "curl" and word.endswith("O"))
        ):
            target = argv[index + 1]
        elif re.match(r"^(?:-O|-o|--output=|--output-document=|-OutFile:)(.+)", word):
            target = re.sub(r"^(?:-O|-o|--output=|--output-document=|-OutFile:)", "", word)
    if not target and command.redirects:
        target = command.redirects[0][1]
    addresses = [
        w
        for w in argv[1:]
        if "://" in w or re.match(r"(?:[\w.-]+@)?[\w.-]+\.[\w.-]+:?/", w) or w.startswith(("s3:", "gs:"))
    ]
    if not target and addresses:
        if name in ("certutil", "bitsadmin", "scp", "sftp", "aws", "gsutil", "rclone", "start-bitstransfer"):
            target = argv[-1] if argv[-1] not in addresses else addresses[-1]
            target = _base(addresses[0]) if target in (".", "./") else target
        elif name in ("wget", "wget2", "fetch", "axel", "aria2c", "http", "lftp") or any(
            re.fullmatch(r"-[a-zA-Z]*O[a-zA-Z]*|--remote-name(?:-all)?", w) for w in argv
        ):
            target = addresses[0].split("?")[0]
    known = addresses or any("$" in w for w in argv[1:])
    if not known or target in ("-", "/dev/null", "/dev/stdout") or all(_OWN.search(a) for a in addresses):
        return ""
    return target


def judge(judge_: Judge, script: Script, span: tuple[int, int] | None) -> None:
    """Find downloads that are run without a check of what they are."""
    wanted, as_root = judge_.rules.check("runs-downloaded-file"), judge_.rules.check("runs-downloaded-file-as-root")
    if not wanted and not as_root:
        return
    names: set[str] = set()
    folders = False
    verified = False
    for command in script.commands[:2000]:
        argv, name = command.argv, command.program.lower()
        if name in _VERIFIERS:
            verified = verified or any(w.lower() in _VERIFY_WORDS for w in argv[1:]) or name.startswith("get-")
            continue
        if name in _FETCHERS and (target := _fetched(command)):
            names |= {_base(target), target}
            folders = folders or name == "git"
            continue
        if not names or verified:
            continue
        words = [w for w in argv[1:] if not w.startswith("-") or w.startswith("-Command")]
        touches = any(_base(w) in names or w in names for w in words)
        if name in _UNPACKERS:
            piped = command.piped_from is not None and command.piped_from.program.lower() in _FETCHERS
            if touches or piped:
                folders = True
            continue
        if name in _PLACERS and touches and words:
            names |= {_base(words[-1]), words[-1]}
            if words[-1].endswith("/") or re.search(r"/s?bin$|\.d$", words[-1]):
                names |= {_base(w) for w in words[:-1]}
            continue
        runs = argv[0] in names or _base(command.path or argv[0]) in names
        local = (bool(command.path) and command.path.startswith(("./", "../"))) or (
            name in ("make", "cargo", "python3", "python", "sh", "bash")
            and bool(re.search(r"\b(?:install|setup|configure|run|bootstrap)\b", " ".join(words)))
        )
        if runs or (_RUNNERS.match(name) and touches) or (folders and local):
            place = judge_.place(span, command.start, command.end)
            judge_.found.add(wanted, *place)
            if _as_root(command, script):
                judge_.found.add(as_root, *place)
            return


def _as_root(command: Command, script: Script) -> bool:
    """Whether the text itself shows that root runs it."""
    if command.as_root or command.program in _NEED_ROOT:
        return True
    return any("root@" in w or w in ("/root", "/root/") for c in script.commands[:50] for w in c.argv[1:6])
