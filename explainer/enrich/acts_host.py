"""Acts of a command line against the machine itself: blinding it, staying on it, breaking out to it."""

from __future__ import annotations

import re

from explainer.enrich.acts_network import FETCH, SET_ID
from explainer.enrich.command import Line, names

_MACHINERY = re.compile(
    r"falco(?!-event-generator|-driver-loader|ctl)|auditd|osquery|wazuh|ossec|sysdig|tetragon|tracee|falcon-sensor"
    r"|crowdstrike|clamd|clamav|mdatp|cbagent|ds_agent|sentinel|apparmor|selinux|aide\b|rsyslog|syslog-ng|journald"
    r"|filebeat|auditbeat|fluent-?bit|datadog-agent|kubearmor|fail2ban"
)
_MACHINERY_FILES = re.compile(r"/root/\.falco|/etc/falco|/etc/audit|/var/ossec|/etc/apparmor|/etc/selinux|/etc/rsyslog")
_START_UP = re.compile(
    r"authorized_keys|/etc/cron|/var/spool/cron|/etc/ld\.so\.preload|/etc/sudoers|/etc/passwd$|/etc/shadow$"
    r"|/systemd/(?:system|user)/|/etc/profile|/\.(?:bash|zsh)(?:rc|_profile|_login)|/\.profile$|/etc/rc\.local|/etc/init\.d"
    r"|/etc/pam\.d|/etc/ld\.so\.conf"
)
_REDIRECT = re.compile(r">>?\s*([^\s;|&<>]+)")
_HOST_ROOT = re.compile(r"(?:^|[=\s:])(?:/host|/rootfs|/hostfs|/mnt/host|/proc/1/root)(?:/|\b|$)")
_STOP = frozenset({"stop", "disable", "mask", "kill", "remove", "purge", "erase", "uninstall", "off"})
_MANAGERS = names("systemctl service rc-service initctl chkconfig update-rc.d apt apt-get yum dnf dpkg rpm apk snap")


def blinding(line: Line) -> str:
    """A stop or removal of what watches the machine, or of the traces."""
    for command in line.commands:
        rest = " ".join(command.words)
        program = command.program
        if program in {"kill", "pkill", "killall", "skill", "killall5"} and _MACHINERY.search(rest):
            return command.text
        stops = program in _MANAGERS
        if stops and _STOP & {w.lstrip("-") for w in command.words} and _MACHINERY.search(rest):
            return command.text
        if program == "setenforce" and rest.lower() in {"0", "permissive"}:
            return command.text
        if program in {"aa-teardown", "aa-disable", "aa-complain"} or (program == "ufw" and "disable" in command.words):
            return command.text
        if program == "auditctl" and (command.option("-D") or re.search(r"-e\s*0", rest)):
            return command.text
        if program in {"iptables", "ip6tables", "nft"} and (
            command.option("-F", "--flush") or rest.startswith("flush")
        ):
            return command.text
        if program in {"rmmod", "modprobe"} and "falco" in rest and (program == "rmmod" or command.option("-r")):
            return command.text
        if program in {"rm", "mv", "truncate", "chmod", "shred"} and _MACHINERY_FILES.search(rest):
            return command.text
        if (program == "history" and command.option("-c")) or (program == "unset" and "HISTFILE" in command.words):
            return command.text
        if "HISTFILE=/dev/null" in command.text or "HISTSIZE=0" in command.text:
            return command.text
    return ""


def staying(line: Line) -> str:
    """A write to a place from which something is started, or somebody let in, later."""
    for command in line.commands:
        if command.program == "chmod" and any(SET_ID.fullmatch(word) for word in command.words):
            return command.text
        if (
            command.program == "crontab"
            and command.words
            and not command.option("-l")
            and "-u" not in command.words[:1]
        ):
            return command.text
        if command.program in {"useradd", "adduser"} and re.search(r"-u\s*0\b|--uid[= ]0\b", command.text):
            return command.text
        if any(_START_UP.search(target[1]) for target in _REDIRECT.finditer(command.text)):
            return command.text
        copies = command.program in {"cp", "mv", "install", "ln", "tee"}
        if copies and command.words and _START_UP.search(command.words[-1]):
            return command.text
    return ""


def breaking_out(line: Line) -> str:
    """A way from a container to its host."""
    for command in line.commands:
        rest = " ".join(command.words)
        if command.program == "nsenter" and re.search(r"(?:-t|--target)[ =]?1\b", rest):
            return command.text
        if "nsenter" in command.text and re.search(r"(?:-t|--target)[ =]?1\b", command.text):
            return command.text
        if command.program == "chroot" and _HOST_ROOT.search(rest):
            return command.text
        if command.program == "mount" and re.search(r"/dev/(?:sd|vd|xvd|nvme|dm-|mapper/)", rest):
            return command.text
        starts = command.program in {"docker", "podman", "nerdctl", "ctr", "crictl"}
        if starts and re.search(r"--privileged|(?:-v|--volume|--mount)[ =]?(?:\S*source=)?/:|pid[= ]host", rest):
            return command.text
        if "docker.sock" in rest and command.program in FETCH:
            return command.text
        if any("release_agent" in target[1] for target in _REDIRECT.finditer(command.text)):
            return command.text
    return ""
