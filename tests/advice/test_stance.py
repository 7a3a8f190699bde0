"""What stands around a finding: answers, retractions, tables, comments, folds, records, laboratories, order."""

from __future__ import annotations

import pytest

from explainer.advice import scan
from explainer.advice.evidence import is_record
from explainer.advice.judged import judged
from explainer.advice.rules import shipped


@pytest.mark.parametrize(
    "text",
    [
        "Why not run `setenforce 0`? Everybody does.",
        "Should we run `setenforce 0`? Yes, on both nodes.",
        "Should you run `setenforce 0`?",
        "You should run `setenforce 0`?",
        "This is discouraged. Still, go ahead and run `setenforce 0`.",
        "Never run `setenforce 0` lightly. In this case, however, it is acceptable, so do it.",
        "| Finding | Action |\n|---|---|\n| denial, never seen before | `setenforce 0` |\n",
        "Paste it:\n\n```bash\nsetenforce 0   # avoids the denial\n```\n",
        "Kill what the intruder left:\n\n```bash\nsetenforce 0\n```\n",
        "In the lab VM run `setenforce 0`.",
        "In the isolated throw-away lab and on the production nodes run `setenforce 0`.",
        "## Timeline\n\n02:14 first alert\n\n## Next steps\n\nRun `setenforce 0`.",
        "<details><summary>Remediation</summary>\n\n`setenforce 0`\n\n</details>",
    ],
)
def test_it_is_still_an_instruction(text):
    assert scan(text)


@pytest.mark.parametrize(
    "text",
    [
        "Why not run `setenforce 0`? No: it blinds the next alert.",
        "*Can we run `setenforce 0`?*\n\nNo. Read the denial first.",
        "Did somebody run `setenforce 0`?",
        "Support proposed `setenforce 0`. We turned this down.",
        "`setenforce 0` does silence it, and it also hides the next step, so leave that out.",
        'Please ignore step 4 of the draft ("run `setenforce 0` and retry").',
        "| Proposal | Decision |\n|---|---|\n| `setenforce 0` | rejected: read the denial |\n",
        "| Time | Host | What |\n|---|---|---|\n| 02:14 | web | `setenforce 0` |\n",
        "02:13 log-in of ops\n02:14 `setenforce 0` by the same session\n",
        "- **02:14** `setenforce 0` fails for the intruder\n",
        "```bash\nsetenforce 0\n```\n\nThe first line is what the dropper runs after a reboot.",
        "<details><summary>Raw command lines (evidence)</summary>\n\n`setenforce 0`\n\n</details>",
        "On the detonation VM (no network, reverted to its snapshot afterwards) run `setenforce 0`.",
        'Key event:\n\n```json\n{"proc.cmdline": "setenforce 0", "evt.time": "02:14", "user.name": "root"}\n```\n',
        "The alert reads `cmd=setenforce 0 parent=perl user=root container=host`.",
    ],
)
def test_it_is_no_instruction(text):
    assert scan(text) == []


def test_a_question_is_not_answered_by_the_next_item_of_a_list():
    assert scan("- Run `setenforce 0`.\n- No other step is needed.\n")


def test_a_single_command_of_a_stated_kind_is_not_judged_by_order():
    assert scan("kubectl delete pod web -n shop", "shell") == []
    assert scan("kubectl delete pod web -n shop\nkubectl get pods", "shell")


def test_the_build_of_an_image_removes_no_evidence():
    assert scan("FROM debian@sha256:aa\nRUN dpkg -i /tmp/a.deb && rm /tmp/a.deb\n", "dockerfile") == []


def test_configuration_is_no_record_of_an_event():
    assert is_record('{"output_fields": {"proc.cmdline": "x", "user.name": "root"}, "rule": "y"}')
    assert is_record("2031-01-02T03:04:05Z sshd accepted\n2031-01-02T03:04:06Z sudo setenforce 0")
    assert not is_record("- rule: x\n  condition: proc.name = a and proc.cmdline = b and fd.name = c\n  desc: d\n")
    assert not is_record("setenforce 0\nsystemctl restart httpd")


def test_code_that_was_judged_before_gives_hits_of_its_own():
    first = judged(shipped(), "setenforce 0", "shell")
    first.hits[0].captured = True
    assert not judged(shipped(), "setenforce 0", "shell").hits[0].captured


@pytest.mark.parametrize(
    "text",
    [
        "Run `setenforce 0` and " * 3000,
        "~~x~~ `setenforce 0` " * 2000,
        ("word " * 20000) + ":\n\n" + "- `setenforce 0`\n" * 1000,
        'He said "run `setenforce 0` ' * 1000,
    ],
    ids=["one sentence", "struck", "long lead", "open quotations"],
)
def test_many_findings_are_read_in_bounded_time(text):
    assert len(scan(text)) <= 500
