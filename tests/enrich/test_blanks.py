from __future__ import annotations

from support.entries import changed, explain, fixture

from explainer.enrich.blanks import blanks, lacks_values

BENIGN = "drop-and-execute-new-binary-in-container-benign"


def test_each_placeholder_of_a_step_has_a_line_that_says_what_belongs_there() -> None:
    bare = changed(fixture(BENIGN), proc__pid=None, k8s__pod__name=None)
    actions = explain(bare).actions
    for action in actions:
        assert {line.split(">", 1)[0] for line in action.fill_in} == {
            line.split(">", 1)[0] for line in blanks({}, action.command, action.config)
        }
    assert any("<proc.pid>: the process id" in line for action in actions for line in action.fill_in)


def test_a_command_without_placeholders_asks_for_nothing() -> None:
    assert blanks({}, "kubectl get pods -A", None) == ()


def test_a_value_that_was_refused_is_not_called_missing() -> None:
    (line,) = blanks({"proc.exepath": "/x\n"}, "stat '<proc.exepath>'")
    assert "not in the alert" not in line
    assert "does not look like" in line


def test_a_shell_redirection_is_no_placeholder() -> None:
    assert blanks({}, "sort < in > out") == ()


def test_checks_that_can_be_run_as_they_stand_come_before_those_that_lack_a_value() -> None:
    actions = [a for a in explain(changed(fixture(BENIGN), proc__pid=None)).actions if a.stage == "investigate"]
    lacking = [lacks_values(action.command) for action in actions]
    assert any(lacking)
    assert lacking == sorted(lacking)
