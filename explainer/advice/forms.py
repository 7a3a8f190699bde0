"""Forms of text that are read line by line: Dockerfiles, crontabs, PowerShell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from explainer.advice.config import dockerfile
from explainer.advice.patterns import Setting
from explainer.advice.script import Command
from explainer.advice.words import split

if TYPE_CHECKING:
    from explainer.advice.judge import Judge


def judge_dockerfile(judge: Judge, text: str, span: tuple[int, int] | None) -> None:
    """Instructions of a Dockerfile: what they run, and what they set."""
    instructions = dockerfile(text)
    last_user = max((i for i, item in enumerate(instructions) if item[0] == "USER"), default=-1)
    last_stage = max((i for i, item in enumerate(instructions) if item[0] == "FROM"), default=-1)
    for number, (instruction, body, start, end) in enumerate(instructions):
        place = judge.place(span, start, end)
        if instruction == "USER" and (number != last_user or number < last_stage):
            continue  # only the last one is the user that the container runs as
        if instruction == "RUN":
            line = re.sub(r"^(?:--\w+=\S+\s+)+", "", body)
            before = len(judge.found.hits)
            if line.lstrip().startswith("["):
                judge.argv(re.findall(r'"((?:[^"\\]|\\.)*)"', line), place)
            else:
                judge.script(line, place)
            # Nothing of a case is inside an image that is being built.
            judge.found.hits[before:] = [h for h in judge.found.hits[before:] if h.rule.cls != "evidence-destruction"]
        elif instruction in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            words = re.findall(r'"((?:[^"\\]|\\.)*)"', body) if body.lstrip().startswith("[") else []
            if words:
                judge.argv(words, place)
            else:
                judge.script(body, place)
        elif instruction in ("ENV", "ARG"):
            for key, _, value in re.findall(r"([\w]+)(=|\s+)(\"[^\"]*\"|\S+)", body):
                judge.setting(
                    Setting(key.lower(), value.strip('"'), f"dockerfile env {instruction.lower()}", *place), place
                )
        else:
            judge.setting(Setting(instruction.lower(), " ".join(body.split()), "dockerfile", *place), place)


def judge_cron(judge: Judge, text: str, span: tuple[int, int] | None) -> None:
    """Commands of a crontab."""
    for match in re.finditer(
        r"^[ \t]*(?:@\w+|[\w*/,-]+(?:[ \t]+[\w*/,-]+){4})[ \t]+(?:(?:root|www-data|nobody|ubuntu|"
        r"ec2-user)[ \t]+)?(?P<c>\S[^\n]*)$",
        text[:100_000],
        re.M,
    ):
        judge.script(match.group("c"), judge.place(span, match.start("c"), match.end("c")))


def judge_powershell(judge: Judge, text: str, span: tuple[int, int] | None) -> None:
    """PowerShell, read by line: cmdlets, pipes and plain variables."""
    position = 0
    variables: dict[str, list[str]] = {}
    for line in re.sub(r"`\r?\n", "  ", text[:200_000]).split("\n"):
        start, position = position, position + len(line) + 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        assigned = re.match(r"\s*\$(\w+)\s*=\s*[\"']([^\"']*)[\"']\s*$", line)
        if assigned:
            variables[assigned.group(1)] = [assigned.group(2)]
            continue
        place = judge.place(span, start + len(line) - len(line.lstrip()), start + len(line.rstrip()))
        previous: Command | None = None
        for mark, part in re.findall(r"(\||;|\{|\}|\(|\)|^)([^|;{}()]*)", line)[:40]:
            words = split(part.strip(), variables)
            if mark == ";":
                previous = None
            if words:
                current = Command(tuple(words), *place, piped_from=previous)
                judge.command(current, place)
                previous = current
