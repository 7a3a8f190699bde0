# ruff: noqa: E501  (regular expressions are read better whole)
"""Resources of configuration management as the commands that they stand for: Ansible modules, Salt states, Chef and Puppet resources."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from explainer.advice.config import Tree
from explainer.advice.patterns import Setting

if TYPE_CHECKING:
    from explainer.advice.judge import Judge

Place = tuple[int, int]
_MAX_TEXT = 100_000
_ITEM = re.compile(r"\{\{\s*item(?:\.([\w-]+)|\[['\"]([\w-]+)['\"]\])?\s*\}\}")
_UNIT_STATES = {
    "stopped": "stop", "started": "start", "restarted": "restart", "absent": "remove", "reloaded": "reload", "false": "stop", "stop": "stop",
    "disable": "disable", "mask": "mask", "dead": "stop", "disabled": "disable", "masked": "mask", "kill": "kill",
}  # fmt: skip


def loop_items(node: Tree) -> list[Tree | None]:
    """What an Ansible task loops over; one None where there is no loop."""
    for key in ("loop", "with_items", "with_list", "with_dict"):
        loop = node.get(key)
        if loop is not None and loop.items():
            return list(loop.items()[:12])
    return [None]


def filled(text: str, item: Tree | None) -> str:
    """A text with ``{{ item }}`` and ``{{ item.key }}`` put in."""
    if item is None or "item" not in text:
        return text
    return _ITEM.sub(lambda m: item.text(m[1] or m[2]) if m[1] or m[2] else item.text() or m[0], text)


# Modules whose absent state destroys what a disk, a pool or a data base holds, with the command that they run.
_DESTROYS = {
    "lvol": ("lvremove", "-f"), "lvg": ("vgremove", "-f"), "zfs": ("zfs", "destroy"), "zpool": ("zpool", "destroy"),
    "parted": ("parted", "-s"), "filesystem": ("wipefs", "-a"), "docker_volume": ("docker", "volume", "rm", "-f"),
    "podman_volume": ("podman", "volume", "rm", "-f"), "mysql_db": ("dropdb",), "postgresql_db": ("dropdb",), "mongodb_user": (),
    "btrfs_subvolume": ("btrfs", "subvolume", "delete"), "ec2_vol": ("aws", "ec2", "delete-volume", "--volume-id"),
    "rds_instance": ("aws", "rds", "delete-db-instance", "--skip-final-snapshot", "--db-instance-identifier"),
    "s3_bucket": ("aws", "s3", "rb", "--force"), "gcp_compute_disk": ("gcloud", "compute", "disks", "delete"),
    "win_partition": ("diskpart", "clean"),
}  # fmt: skip


def _destroyed(module: str, text: Callable[..., str]) -> list[str]:
    thing = text("lv", "vg", "name", "dev", "device", "id", "path", "db_instance_identifier", "volume_name")
    program = _DESTROYS[module]
    if not program or not thing:
        return []
    if module == "filesystem":
        forced = text("force") in ("true", "yes") or text("state") == "absent"
        return ["wipefs", "-a", thing] if forced else []
    if module == "parted":
        return ["parted", "-s", thing, "mklabel", "gpt"]
    if module == "s3_bucket":
        return ["aws", "s3", "rb", f"s3://{thing}", "--force"] if text("force") in ("true", "yes") else []
    return [*program, f"{text('vg')}/{text('lv')}" if module == "lvol" else thing]


def command_of(module: str, body: Tree, item: Tree | None = None) -> list[str]:
    """A module call as the command that it stands for; empty when it stands for none."""

    def text(*keys: str) -> str:
        return next((filled(value, item) for key in keys if (value := body.text(key))), "")

    name, state = text("name", "pkg", "package", "service_name"), text("state", "ensure", "action")
    if module in ("systemd", "service", "systemd_service", "win_service", "sysvinit", "runit", "openrc", "svc"):
        verb = _UNIT_STATES.get(state, "")
        if text("masked", "mask") in ("true", "yes"):
            verb = "mask"
        if (not verb or verb == "start") and (
            text("enabled", "enable") in ("false", "no") or text("start_mode", "startup_type") == "disabled"
        ):
            verb = "disable"
        return ["systemctl", verb, name] if verb and name else []
    if module in (
        "apt",
        "yum",
        "dnf",
        "package",
        "zypper",
        "pacman",
        "apk",
        "win_package",
        "homebrew",
        "snap",
        "win_chocolatey",
        "pkgng",
        "apt_package",
        "yum_package",
        "dnf_package",
    ):
        names = (
            [name]
            if name
            else [filled(s, item) for key in ("name", "pkg") for s in (body.get(key) or Tree([])).strings()]
        )
        if text("deb"):
            names.append(text("deb"))
        verb = "remove" if state in ("absent", "removed", "remove", "purge", "purged") else "install"
        program = {
            "yum": "yum",
            "dnf": "dnf",
            "zypper": "zypper",
            "pacman": "pacman",
            "apk": "apk",
            "yum_package": "yum",
        }.get(module, "apt-get")
        words = [program, verb, *names]
        if text("disable_gpg_check") in ("true", "yes"):
            words.append("--nogpgcheck")
        if text("allow_unauthenticated") in ("true", "yes") or "--allow-unauthenticated" in text("options"):
            words.append("--allow-unauthenticated")
        return words if names else []
    if module in ("file", "copy", "template", "directory", "cookbook_file", "remote_file", "win_file"):
        path = text("path", "dest", "name")
        if state in ("absent", "delete"):
            return ["rm", "-rf", path]
        mode = text("mode")
        return ["chmod", *(["-R"] if text("recurse") in ("true", "yes") else []), mode, path] if mode and path else []
    if module in ("get_url", "uri", "win_get_url") and text("validate_certs") in ("false", "no"):
        return ["curl", "-k", text("url")]
    if module == "user" and text("groups", "group", "gid"):
        return ["usermod", "-aG", text("groups", "group", "gid"), name]
    if module == "iptables":
        if text("flush") in ("true", "yes"):
            return ["iptables", "-F", text("chain")]
        if text("policy"):
            return ["iptables", "-P", text("chain"), text("policy")]
    if module == "ufw" and (state or text("default", "policy")):
        verb = {"disabled": "disable", "enabled": "enable", "reset": "reset"}.get(state, state)
        return ["ufw", verb] if verb else ["ufw", "default", text("default", "policy"), text("direction")]
    if module == "firewalld" and state == "disabled" and not body.get("service") and not body.get("port"):
        return ["systemctl", "stop", "firewalld"]
    if module in ("k8s", "kubernetes_manifest") and state == "absent":
        return ["kubectl", "delete", text("kind").lower(), name]
    if module == "helm" and state == "absent":
        return ["helm", "uninstall", name]
    if module in _DESTROYS and (state in ("absent", "destroyed", "delete", "removed") or module == "filesystem"):
        return _destroyed(module, text)
    if module in ("reboot", "win_reboot"):
        return ["reboot"]
    if module in ("modprobe", "kernel_module") and state in ("present", "load", "install", ""):
        return ["modprobe", name] if name else []
    if module in ("selinux", "selinux_state") and (state or text("mode")):
        return ["setenforce", "0"] if (state or text("mode")) in ("disabled", "permissive") else []
    if module == "selinux_permissive":
        return ["semanage", "permissive", "-a", text("domain") or name] if text("permissive") in ("true", "yes") else []
    if module in ("seboolean", "selboolean"):
        return ["setsebool", name, state or text("value")]
    if module == "mount" and state in ("absent", "unmounted"):
        return []
    if module in ("apt_key", "rpm_key") and text("validate_certs") in ("false", "no"):
        return ["curl", "-k", text("url", "key")]
    if module == "git" and (text("verify_commit") == "no" or text("accept_hostkey") in ("true", "yes")):
        return []
    if module == "win_firewall" and state == "disabled":
        return ["netsh", "advfirewall", "set", "allprofiles", "state", "off"]
    if module in ("win_feature",) and state == "absent":
        return ["uninstall-windowsfeature", name]
    return []


def judge_task(judge: Judge, task: Tree, where: str, span: Place | None) -> None:
    """The modules of one Ansible task (or any mapping of name to mapping), with their loops."""
    for key, child in task.value.items():
        module = key.rsplit(".", 1)[-1]
        if not isinstance(child.value, dict):
            continue
        place = judge.place(span, child.start, child.end)
        for item in loop_items(task):
            words = command_of(module, child, item)
            if words:
                judge.argv(words, place)
            if module == "sysctl" or (item is not None and {"name", "value"} <= set(child.value)):
                name, value = filled(child.text("name"), item), filled(child.text("value"), item)
                if name and child.text("state") != "absent":
                    judge.setting(
                        Setting(
                            name.lower(),
                            value,
                            f"{where} sysctl" if module == "sysctl" else f"{where} pair",
                            *place,
                            name,
                        ),
                        place,
                    )
            text = filled(
                child.text("line") or child.text("replace") or child.text("content") or child.text("block"), item
            )
            target = filled(child.text("path") or child.text("dest") or child.text("name"), item)
            if (
                text
                and module in ("lineinfile", "replace", "copy", "blockinfile", "template", "win_copy", "win_lineinfile")
                and child.text("state") != "absent"
            ):
                judge.argv_write(target, text, place)
            if module in ("ini_file", "community.general.ini_file", "win_regedit", "xml", "win_dsc", "conf"):
                option, value = (
                    filled(child.text("option") or child.text("name"), item),
                    filled(child.text("value") or child.text("data"), item),
                )
                if option and child.text("state") != "absent":
                    judge.setting(
                        Setting(option.lower(), value, f"{where} ini {target.lower()}", *place, option), place
                    )


_DOWNLOADS = ("get_url", "uri", "win_get_url", "aws_s3", "s3_object", "maven_artifact")
_RUNS = ("command", "shell", "script", "raw", "win_command", "win_shell", "cmd")
_PROVES = re.compile(r"checksum|sha256sum|sha512sum|gpg\b|gpgv|cosign|minisign|rpmkeys|signature", re.I)


def judge_plays(judge: Judge, tree: Tree, span: Place | None) -> None:
    """A task that downloads a file and a later one of the same play that runs it, with no checksum or signature between."""
    plays = [tree, *tree.items()]
    for play in plays[:60]:
        for key in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", ""):
            _downloads_that_run(judge, (play.get(key) or Tree([])) if key else play, span)


def _downloads_that_run(judge: Judge, tasks: Tree, span: Place | None) -> None:
    fetched: dict[str, Tree] = {}
    for task in tasks.items()[:200]:
        if not isinstance(task.value, dict):
            return
        for key, child in task.value.items():
            module = key.rsplit(".", 1)[-1]
            words = " ".join(child.strings()) or " ".join(
                [child.text("cmd"), *(child.get("argv") or Tree([])).strings()]
            )
            if module in _DOWNLOADS and child.text("dest"):
                if "checksum" not in (child.value if isinstance(child.value, dict) else {}):
                    fetched[child.text("dest")] = child
            elif module in _RUNS:
                if _PROVES.search(words):
                    fetched.clear()
                for dest, source in fetched.items():
                    if re.search(rf"(?:^|[\s;&|'\"(]){re.escape(dest)}(?=$|[\s;&|'\")])", words):
                        judge.found.add(
                            judge.rules.check("runs-downloaded-file"), *judge.place(span, source.start, child.end)
                        )


_SALT = {
    "service.dead": ("systemctl", "stop"), "service.disabled": ("systemctl", "disable"), "service.masked": ("systemctl", "mask"),
    "pkg.removed": ("apt-get", "remove"), "pkg.purged": ("apt-get", "purge"), "file.absent": ("rm", "-rf"),
    "kmod.present": ("modprobe",),
}  # fmt: skip


def judge_salt(judge: Judge, tree: Tree, where: str, span: Place | None) -> None:
    """Salt states: ``id: {service.dead: [{name: x}]}`` or ``id: service.dead``."""
    if not isinstance(tree.value, dict):
        return
    for identity, state in tree.value.items():
        functions = (
            {state.value: None}
            if isinstance(state.value, str)
            else state.value
            if isinstance(state.value, dict)
            else {}
        )
        for function, body in functions.items():
            if not re.fullmatch(r"[a-z_]+\.[a-z_]+", function):
                continue
            options: dict[str, Tree] = {}
            for item in body.items() if body is not None else []:
                if isinstance(item.value, dict):
                    options.update(item.value)
            named = options.get("name")
            name = named.text() if named is not None and named.text() else identity
            place = judge.place(span, state.start, state.end)
            names = options["names"].strings() if "names" in options else [name]
            for one in names[:12]:
                if function in _SALT:
                    judge.argv([*_SALT[function], one], place)
                elif function in ("cmd.run", "cmd.script"):
                    judge.script(one, place)
                elif function == "selinux.mode":
                    judge.argv(
                        ["setenforce", "0"] if one.lower() in ("permissive", "disabled") else ["setenforce", "1"], place
                    )
                elif function in ("sysctl.present", "selinux.boolean") and "value" in options:
                    judge.setting(Setting(one.lower(), options["value"].text(), f"{where} sysctl", *place, one), place)
                elif function.startswith("file.") and ("mode" in options or "contents" in options):
                    if "mode" in options:
                        judge.argv(["chmod", options["mode"].text(), one], place)
                    if "contents" in options:
                        judge.argv_write(one, "\n".join(options["contents"].strings()), place)


_CHEF = re.compile(
    r"^[ \t]*(?P<type>[a-z]\w{2,40})\s+(?P<title>'[^'\n]*'|\"[^\"\n]*\"|%w[\[({][^\])}\n]*[\])}])[ \t]*(?P<do>do\b)?",
    re.M,
)
_END = re.compile(r"^[ \t]*end\b", re.M)
_MAX_BODY = 6000
_CHEF_LINE = re.compile(
    r"^[ \t]*(?P<key>\w+)\s+(?P<value>:\w+|\[[^\]\n]*\]|'[^'\n]*'|\"[^\"\n]*\"|true|false|\d+)[ \t]*$", re.M
)
_HEREDOC = re.compile(
    r"^[ \t]*(?P<key>code|command|content)\s+<<[-~]?['\"]?(?P<tag>\w+)['\"]?\n(?P<text>.*?)\n[ \t]*(?P=tag)\b",
    re.M | re.S,
)
_PUPPET = re.compile(
    r"(?P<type>[a-z][\w:]{2,60})\s*\{\s*(?P<title>\[[^\]]{0,400}\]|'[^'\n]*'|\"[^\"\n]*\"|\$\w+)\s*:(?P<body>[^{}]{0,4000})\}",
    re.S,
)
_PUPPET_LINE = re.compile(r"(?P<key>[\w]+)\s*=>\s*(?P<value>'[^']*'|\"[^\"]*\"|[\w:]+|\[[^\]]*\])")


def _declared(text: str) -> Iterator[tuple[str, str, dict[str, str], Place]]:
    text = text[:_MAX_TEXT]
    ends = [m.start() for m in _END.finditer(text)]
    for pattern, line in ((_CHEF, _CHEF_LINE), (_PUPPET, _PUPPET_LINE)):
        for match in pattern.finditer(text):
            if pattern is _PUPPET:
                body = match["body"]
            else:
                following = bisect_right(ends, match.end())
                stop = ends[following] if match["do"] and following < len(ends) else match.end()
                body = text[match.end() : stop] if stop - match.end() <= _MAX_BODY else ""
            attributes = {m["key"]: m["value"].strip("'\":") for m in line.finditer(body)}
            if pattern is _CHEF:
                attributes.update({m["key"]: m["text"] for m in _HEREDOC.finditer(body)})
            title = match["title"]
            titles = re.findall(r"['\"]([^'\"]+)['\"]", title) or title.strip("%w[](){}'\"").split() or [title]
            for one in titles[:12]:
                yield match["type"].rsplit("::", 1)[-1], one, attributes, (match.start(), match.end())


def judge_resources(judge: Judge, text: str, where: str, span: Place | None) -> None:
    """Chef and Puppet resources of a text."""
    for kind, title, attributes, found in _declared(text):
        place = judge.place(span, *found)
        body = Tree({"name": Tree(title), **{k: Tree(v) for k, v in attributes.items()}})
        actions = re.findall(r"\w+", attributes.get("action", "") or attributes.get("ensure", "")) or [""]
        for action in actions[:4]:
            body.value["action"] = Tree(action)
            if kind == "selinux_state" and not action:
                body.value["action"] = Tree(title)
            words = command_of(kind, body)
            if words:
                judge.argv(words, place)
        if kind in ("execute", "exec", "bash", "script", "powershell_script", "batch"):
            judge.script(attributes.get("command") or attributes.get("code") or title, place)
        elif kind in ("file", "template", "cookbook_file") and attributes.get("content"):
            judge.argv_write(attributes.get("path") or title, attributes["content"].replace("\\n", "\n"), place)
        elif kind in ("sysctl", "sysctl_param") and attributes.get("value"):
            judge.setting(Setting(title.lower(), attributes["value"], f"{where} sysctl", *place, title), place)
        elif kind not in ("service", "package", "user", "directory"):
            for key, value in attributes.items():
                if "\n" not in value:
                    judge.setting(
                        Setting(f"{kind}.{key}".lower(), value, f"{where} resource", *place, f"{kind}.{key}"), place
                    )
