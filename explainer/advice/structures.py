# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Shapes around settings and commands: options that carry settings, files with a meaning of their own, steps that belong together."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from explainer.advice import inventory, languages, lines, siem, toolsettings
from explainer.advice.documents import broken, document
from explainer.advice.patterns import Argv, Setting
from explainer.advice.pycode import python

if TYPE_CHECKING:
    from explainer.advice.judge import Judge
    from explainer.advice.rules import Rule, RuleSet

__all__ = [
    "broken", "document", "ini_kinds", "kernel_file", "language_of", "overwrites", "python", "settings_of",
]  # fmt: skip


def _pairs(text: str, where: str) -> list[Setting]:
    return [
        Setting(k.lower(), v.strip("\"'"), where)
        for k, v in re.findall(r"([\w.$\[\]/{}:-]+)=((?:\"[^\"]*\"|'[^']*'|[^,\s])*)", text)
    ]


def settings_of(argv: Argv) -> list[Setting]:
    """Settings that options carry: ``helm --set``, ``sysctl -w``, ``git config``, kernel arguments, ``falco -o``, ``ssh -o``."""
    program, found = argv.program, []
    if program in ("helm", "helmfile", "flux", "argocd"):
        chart = " ".join(argv.positional[:6]).lower()
        for flag in ("--set", "--set-string", "--set-json", "--helm-set", "-p", "--parameter"):
            for value in argv.flags.get(flag, ()):
                found += [
                    Setting(s.path.replace("\\.", "."), s.value, f"helm values {chart}")
                    for s in _pairs(value, "helm values")
                ]
    elif program == "sysctl":
        if not ({"-n", "-a", "-N"} & set(argv.flags) and not any("=" in w for w in argv.positional)):
            for word in argv.words[1:]:
                found += [Setting(s.path.replace("/", "."), s.value, "sysctl") for s in _pairs(word, "sysctl")]
    elif (
        program == "git"
        and "config" in argv.positional
        and not ({"--get", "--unset", "--list", "-l", "--get-all"} & set(argv.flags))
    ):
        words = [w for w in argv.positional if w != "config"]
        if len(words) >= 2:
            found.append(Setting(words[-2].lower(), words[-1], "git config"))
        found += _pairs(" ".join(argv.flags.get("-c", ())), "git config")
    elif program == "git" and "-c" in argv.flags:
        found += _pairs(" ".join(argv.flags["-c"]), "git config")
    elif (
        program in ("npm", "yarn", "pnpm", "pip", "pip3", "conda", "composer", "gem", "bundle")
        and "config" in argv.positional
        and ("set" in argv.positional or program in ("composer", "bundle"))
    ):
        words = [w for w in argv.positional if w not in ("config", "set")]
        if len(words) >= 2:
            found.append(Setting(words[0].lower(), words[1], f"{program} config"))
        found += _pairs(" ".join(words), f"{program} config")
    elif program in ("grubby", "kernelstub", "rpm-ostree", "grub2-editenv", "bootctl", "extlinux", "kexec"):
        for flag in ("--args", "--append", "--add-options", "-a", "--append-if-missing", "--command-line"):
            for value in argv.flags.get(flag, ()):
                found += kernel_arguments(value)
        if program == "grub2-editenv":
            found += kernel_arguments(" ".join(argv.words))
    elif program == "falco":
        for value in argv.flags.get("-o", ()):
            found += _pairs(value, "falco.yaml falco option")
    elif program in ("ssh", "scp", "sftp", "rsync", "ssh-copy-id", "autossh"):
        for value in argv.flags.get("-o", ()):
            key, _, text = value.partition("=") if "=" in value else value.partition(" ")
            found.append(Setting(key.lower(), text, "ssh option"))
        match = re.search(r"-o\s*(StrictHostKeyChecking|UserKnownHostsFile)[= ](\S+)", argv.joined)
        if match and not found:
            found.append(Setting(match.group(1).lower(), match.group(2).strip("'\""), "ssh option"))
    elif program in ("docker", "podman", "nerdctl"):
        for flag in ("-e", "--env", "--build-arg"):
            for value in argv.flags.get(flag, ()):
                found += [Setting(k.lower(), v, "container env") for k, _, v in [value.partition("=")] if v]
        for value in argv.flags.get("--sysctl", ()):
            found += _pairs(value, "sysctl")
    elif program in ("kubectl", "oc") and ({"label", "annotate", "set", "patch"} & set(argv.positional)):
        for word in argv.positional:
            found += _pairs(word, f"kubectl {'label' if 'label' in argv.positional else 'set'}")
    elif program == "redis-cli" and "config" in [w.lower() for w in argv.positional]:
        words = [w for w in argv.positional if w.lower() not in ("config", "set")]
        if len(words) >= 2:
            found.append(Setting(words[-2].lower(), words[-1], "redis.conf"))
    elif program == "setsebool":
        words = [w for w in argv.positional]
        for name, value in pairwise(words):
            found.append(Setting(name.lower(), value, "sebool"))
        found += _pairs(argv.joined, "sebool")
    elif program in ("setx", "export"):
        words = argv.positional
        if len(words) >= 2:
            found.append(Setting(words[0].lower(), words[1], "env"))
    elif program in ("java",):
        found += _pairs(" ".join(w[2:] for w in argv.words if w.startswith("-D")), "java property")
    return found + toolsettings.settings(argv)


def kernel_arguments(text: str) -> list[Setting]:
    """Boot parameters as settings."""
    text = text.strip("\"'")
    found = _pairs(text, "kernel arguments")
    found += [
        Setting(word.lower(), "", "kernel arguments") for word in re.findall(r"(?<![\w=.,-])([a-z_]+)(?![\w=.-])", text)
    ]
    return found


def kernel_file(path: str, content: str | None) -> list[Setting]:
    """``echo 0 > /proc/sys/a/b`` is the setting a.b = 0; the same for SELinux' and AppArmor's files."""
    value = (content or "").strip()
    match = re.match(r"^(?:/host)?/proc/sys/(.+)$", path)
    if match and content is not None:
        return [Setting(match.group(1).replace("/", "."), value, "sysctl")]
    match = re.match(r"^(?:/host)?/(?:sys|proc)/(?:.*/)?([\w.-]+)$", path)
    if match and content is not None:
        return [Setting(path.lstrip("/").replace("/", ".").removeprefix("host."), value, "sysfs")]
    return []


def language_of(path: str, content: str, mode: str) -> str:
    """The language of a file that is written, by its name first."""
    name = path.lower().rsplit("/", 1)[-1]
    if re.search(r"\.(?:ya?ml)$", name):
        return "ini" if mode == "edit" and re.match(r"^[\w.\[\]*-]+ = ", content) else "yaml"
    if name.endswith(".json") or name in ("daemon.json", "policies"):
        return "json"
    if name.endswith((".sh", ".bash")) or name in (
        ".bashrc",
        ".profile",
        ".bash_profile",
        ".zshrc",
        "profile",
        "bash.bashrc",
        "rc.local",
    ):
        return "shell"
    if re.search(r"/cron|crontab", path):
        return "cron"
    if name.endswith((".tf", ".hcl", ".tfvars")):
        return "hcl"
    if name.endswith(".py"):
        return "python"
    if name.endswith((".xml", ".plist")) or languages.sniff(content) == "xml":
        return "xml"
    if name.endswith((".rb", ".pp")):
        return "resources"
    if name.endswith((".js", ".ts", ".go", ".java", ".php", ".groovy", ".cs")) or "/polkit-1/" in path:
        return "code"
    if name.endswith(".reg"):
        return "registry"
    if name.endswith(".ps1"):
        return "powershell"
    if name == "dockerfile" or name.endswith(".dockerfile"):
        return "dockerfile"
    if re.search(
        r"\.(?:conf|cfg|ini|service|timer|repo|env|cnf|list|rules|toml|npmrc)$|^(?:config|"
        r"sshd_config|ssh_config|sudoers|auditd\.conf|grub|hosts|selinux|exports|pg_hba\.conf|"
        r"\.npmrc|\.curlrc|\.wgetrc|\.gitconfig|apt\.conf)|/etc/|/\.ssh/",
        name + " " + path,
    ):
        return "ini"
    if name.endswith((".md", ".txt", ".log", ".note", ".notes", ".rst", ".adoc")) or path.startswith("/dev/"):
        return "none"
    return languages.sniff(content) if mode != "edit" else "ini"


def overwrites(rules: RuleSet, path: str, content: str) -> list[Rule]:
    """Files that must hold a certain line: without it the control is off after the next start."""
    if re.search(r"/etc/(?:selinux/config|sysconfig/selinux)$", path) and not re.search(
        r"^\s*SELINUX\s*=", content, re.M
    ):
        return rules.check("overwritten-selinux-config")
    return []


def ini_kinds(judge: Judge, settings: list[Setting], text: str, name: str, span: tuple[int, int] | None) -> None:
    """Lines of files that are no key and value: sudoers, boot parameters, PAM, audit rules, iptables-save."""
    for setting in settings:
        last = setting.path.rsplit(".", 1)[-1]
        if last in (
            "grub_cmdline_linux",
            "grub_cmdline_linux_default",
            "kernelarguments",
            "options",
            "append",
            "kernel",
            "linux",
        ):
            for item in kernel_arguments(setting.value):
                judge.setting(Setting(item.path, item.value, item.where, setting.start, setting.end), span)
    inventory.judge_settings(judge, settings, text, name, span)
    lines.judge_lines(judge, settings, text, name, span)
    siem.judge_output_section(judge, settings, text, span)
    siem.judge_rules_of_others(judge, text, span)
