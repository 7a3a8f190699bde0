# ruff: noqa: E501  (word tables and regular expressions are read better whole)
"""Settings that command lines write: registries, property lists, ``config set`` of any tool, ``key=value`` arguments of interfaces.

Every product has its own verb for "set this key to this value"; what they share is a key and a value, which the rules of settings
and the words of controls judge. Here stands only where the two are found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from explainer.advice.patterns import Argv, Setting

_ASSIGNED = re.compile(r"([\w.$\[\]/{}-]+)\s*=\s*(\"[^\"]*\"|'[^']*'|\[\]|[^,\s;)]*)")
_RUBY = re.compile(r"\b([a-z_]{4,60})(?::\s*|\s*=\s*|,\s*)(true|false|nil|0|\"\"|'')(?=\W|$)")
# Tools whose `config set KEY VALUE` (or `config KEY=VALUE`) stands for a setting, with the words before the key.
_CONFIG_SET = re.compile(
    r"^(?:gcloud config set|az config set|ceph config set \S+|conda config --set|poetry config|snap set \S+|oci setup|flux config|argocd admin settings|mdatp config|"
    r"kopia policy set|tailscale set|crowdsec config|consul config write|occ config:(?:app|system):set \S+|netbird config|bundle config(?: set)?|composer config(?: -g| --global)?|"
    r"yarn config set|pnpm config set|helm env|databricks configure|snowsql -o|pveum realm modify \S+|pvesh set \S+|firewall-cmd --set|setsebool|nmcli connection modify \S+|"
    r"defaults write \S+|dconf write|gsettings set \S+|plutil -replace|wrangler config|juju model-config|lxc config set \S+|incus config set \S+|virt-admin|authselect|tctl edit|"
    r"nix-env --option|nix --option|nix build --option|nix-build --option|git config(?: --\w+)*|openssl|splunk set|cephadm set|rabbitmqctl set_\w+|esxcli system settings advanced set)\s+"
)
_TYPES = frozenset(["-int", "-bool", "-boolean", "-string", "-float", "-array", "-json", "-type", "--type"])


def _registry(argv: Argv) -> Iterator[Setting]:
    """``reg add KEY /v NAME /d VALUE``."""
    words = argv.words
    options = {w.lower(): words[i + 1] for i, w in enumerate(words[:-1]) if w.lower() in ("/v", "/d", "-v", "-d")}
    name, value = options.get("/v") or options.get("-v"), options.get("/d") or options.get("-d")
    if name and value is not None and "add" in (w.lower() for w in words[1:3]):
        key = next((w for w in words[2:] if "\\" in w), "").replace("\\", ".")
        value = str(int(value, 16)) if re.fullmatch(r"0x[0-9a-fA-F]{1,8}", value) else value
        yield Setting(f"{key}.{name}".lower(), value, "registry", key=f"{key.rsplit('.', 1)[-1]}.{name}")


def _item_property(argv: Argv) -> Iterator[Setting]:
    """``Set-ItemProperty -Path KEY -Name NAME -Value VALUE``."""
    words = argv.words
    options = {w.lower(): words[i + 1] for i, w in enumerate(words[:-1]) if w[:1] == "-"}
    plain = [w for i, w in enumerate(words[1:], 1) if w[:1] != "-" and words[i - 1][:1] != "-"]
    path = options.get("-path") or options.get("-literalpath") or (plain[0] if plain else "")
    name = options.get("-name") or (plain[1] if len(plain) > 1 else "")
    value = options.get("-value") or (plain[2] if len(plain) > 2 else "")
    if name and value:
        key = path.replace("\\", ".").replace(":", "")
        yield Setting(f"{key}.{name}".lower(), value.lstrip("$"), "registry", key=f"{key.rsplit('.', 1)[-1]}.{name}")


def _assignments(text: str, where: str) -> Iterator[Setting]:
    for key, value in _ASSIGNED.findall(text[:4000]):
        yield Setting(key.lower(), value.strip("\"'"), where, key=key)


def _interface(argv: Argv) -> Iterator[Setting]:
    """Fields of ``gh api -F k=v``, ``kcadm -s k=v``, ``vault write path k=v``."""
    flags = ("-F", "-f", "--field", "--raw-field", "-s", "--set", "--data", "--form")
    words = list(argv.words[1:])
    for index, word in enumerate(words):
        if word in flags and index + 1 < len(words):
            yield from _assignments(words[index + 1], f"{argv.program} field")
        elif re.match(r"[\w.-]+=", word):
            key, _, value = word.partition("=")
            yield Setting(key.lower(), value, f"{argv.program} field", key=key)


def _console(argv: Argv) -> Iterator[Setting]:
    """One-liners of an application's own console: ``update!(require_two_factor_authentication: false)``."""
    for key, value in _RUBY.findall(argv.joined):
        yield Setting(key, value.strip("\"'"), "console", key=key)


def _patch_operations(argv: Argv) -> Iterator[Setting]:
    """``--patch-operations op=replace,path=/authorizationType,value=NONE``."""
    for path, value in re.findall(r"path=/?([\w/.*-]+),\s*value=([\w.-]*)", argv.joined):
        yield Setting(path.replace("/", ".").lower(), value, "aws field", key=path)


def _esxcli(argv: Argv) -> Iterator[Setting]:
    if "set" in argv.positional:
        path = ".".join(w for w in argv.positional[: argv.positional.index("set")])
        for name, values in argv.flags.items():
            for value in values:
                value = {"f": "false", "t": "true"}.get(value.lower(), value)
                yield Setting(f"{path}.{name.lstrip('-')}".lower(), value, "esxcli", key=f"{path}.{name.lstrip('-')}")


def _java(argv: Argv) -> Iterator[Setting]:
    for word in argv.words[1:]:
        if word.startswith("-D") and "=" in word:
            key, _, value = word[2:].partition("=")
            yield Setting(key.lower(), value or '""', "java property", key=key)


_BY_PROGRAM: dict[str, Callable[[Argv], Iterator[Setting]]] = {
    "reg": _registry, "set-itemproperty": _item_property, "new-itemproperty": _item_property, "sp": _item_property,
    "gh": _interface, "glab": _interface, "kcadm": _interface, "kcadm.sh": _interface, "vault": _interface, "bao": _interface,
    "gitlab-rails": _console, "rails": _console, "aws": _patch_operations, "esxcli": _esxcli, "java": _java,
}  # fmt: skip


def settings(argv: Argv) -> list[Setting]:
    """What the command sets, as settings; empty for commands that set nothing by key and value."""
    reader = _BY_PROGRAM.get(argv.program)
    found = list(reader(argv)) if reader else []
    if "config" in argv.joined or "write" in argv.words or "set" in argv.words or "--option" in argv.words:
        found += _config_set(argv.words)
    return found


def _config_set(words: Sequence[str]) -> Iterator[Setting]:
    line = " ".join(words[:12])
    match = _CONFIG_SET.match(line)
    if match is None:
        return
    rest = [w for w in words[len(match.group(0).split()) :] if w not in _TYPES and w not in ("--value", "-o", "-i")]
    if not rest:
        return
    key, equals, value = rest[0].partition("=")
    if not equals:
        value = rest[1] if len(rest) > 1 else ""
    where = f"{words[0].lower()} config"
    yield Setting(re.sub(r"[/:]", ".", key.lstrip("-/")).lower(), value.strip("\"'"), where, key=key.lstrip("-/"))
