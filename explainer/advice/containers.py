"""The words behind a program's options, and the command that a container tool runs inside."""

from __future__ import annotations

from collections.abc import Sequence

_EXEC_VALUED = (
    "-n --namespace -c --container -e --env -u --user -w --workdir --context --index -f "
    "--pod-running-timeout -s --kubeconfig"
)
_RUN_VALUED = (
    "-v --volume -e --env -p --publish --name -u --user -w --workdir --network --net --pid "
    "--ipc --cap-add --cap-drop --security-opt "
    "--mount --entrypoint -h --hostname --userns --device -l --label -m --memory --cpus "
    "--restart --env-file --add-host --uts --cgroupns "
    "--ulimit --tmpfs --platform --pull --log-driver --log-opt --runtime --dns --ip --sysctl"
)


def after_options(argv: Sequence[str], valued: str) -> int:
    """Index of the first word behind the options; ``valued`` names those that take the next word."""
    takes = set(valued.split())
    index = 1
    while index < len(argv):
        word = argv[index]
        if word == "--":
            return index + 1
        if not word.startswith("-") or word == "-":
            return index
        index += 2 if word in takes else 1
    return index


def option(argv: Sequence[str], *names: str) -> str | None:
    """Value of an option in ``--name value``, ``--name=value`` or ``-nvalue`` form."""
    for index, word in enumerate(argv):
        for name in names:
            if word == name and index + 1 < len(argv):
                return argv[index + 1]
            if word.startswith(name + "="):
                return word[len(name) + 1 :]
            if (
                len(name) == 2
                and name[0] == "-"
                and word.startswith(name)
                and len(word) > 2
                and not word.startswith("--")
            ):
                return word[2:].lstrip("=")
    return None


def container_command(argv: Sequence[str]) -> list[list[str]]:
    """The command line that runs inside of a container."""
    words = list(argv)
    if words[0] == "docker" and len(words) > 2 and words[1] in ("container", "compose"):
        words = [words[0], *words[2:]]
    verb = next((w for w in words[1:3] if not w.startswith("-")), "")
    if "--" in words and words[0] in ("lxc", "incus", "machinectl"):
        return [words[words.index("--") + 1 :]]
    if verb == "exec":
        index = words.index("exec")
        rest = words[index:]
        after = after_options(rest, _EXEC_VALUED)
        return [rest[after + 1 :]] if after + 1 < len(rest) else []
    if verb in ("run", "create"):
        index = words.index(verb)
        rest = words[index:]
        after = after_options(rest, _RUN_VALUED)
        inner = rest[after + 1 :]
        entry = option(rest[:after], "--entrypoint")
        if entry:
            inner = [entry, *inner]
        return [inner] if inner else []
    return []
