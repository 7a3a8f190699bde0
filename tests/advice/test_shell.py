"""Commands as they would run, whatever they are wrapped in."""

from __future__ import annotations

import pytest

from explainer.advice import shell


@pytest.mark.parametrize(
    "text",
    [
        "sudo -n setenforce 0",
        "env -i A=b setenforce 0",
        "/usr/sbin/setenforce 0",
        "\\setenforce 0",
        "busybox setenforce 0",
        "nice -n 5 timeout 20 nohup setenforce 0",
        "sete''nforce 0",
        "$'\\x73etenforce' 0",
        "m=0; setenforce $m",
        "for x in 0; do setenforce $x; done",
        "sh -c 'setenforce 0'",
        'bash -lc "setenforce 0"',
        "su - root -c 'setenforce 0'",
        "ssh -p 22 root@db-1 'setenforce 0'",
        "kubectl exec -n shop web -c a -- sh -c 'setenforce 0'",
        "kubectl debug node/w1 -it --image=busybox -- chroot /host setenforce 0",
        "nsenter -t 1 -m -u -- setenforce 0",
        "docker run --rm -v /:/h alpine chroot /h setenforce 0",
        "echo 0 | xargs setenforce",
        "bash <<'E'\nsetenforce 0\nE\n",
        "bash <<< 'setenforce 0'",
        "echo c2V0ZW5mb3JjZSAw | base64 -d | sh",
        "watch -n 1 'setenforce 0'",
        "eval 'setenforce 0'",
    ],
)
def test_a_wrapped_command_is_read_as_the_command(text):
    assert ("setenforce", "0") in {c.argv for c in shell.read(text).commands}


def test_a_here_doc_into_a_file_is_a_write_and_no_command():
    script = shell.read("cat > /etc/x.conf <<'E'\nsetenforce 0\nE\n")
    assert [c.argv for c in script.commands] == [("cat",)]
    assert [(w.path, w.content) for w in script.writes] == [("/etc/x.conf", "setenforce 0\n")]


def test_the_argument_of_a_search_is_no_command():
    assert [c.program for c in shell.read("grep -r 'setenforce 0' /home").commands] == ["grep"]


def test_the_output_in_a_console_block_is_no_command():
    script = shell.read("$ getenforce\nsetenforce 0\n$ id\n")
    assert [c.program for c in script.commands] == ["getenforce", "id"]


def test_offsets_count_characters_and_not_bytes():
    text = "echo é; setenforce 0"
    command = next(c for c in shell.read(text).commands if c.program == "setenforce")
    assert text[command.start : command.end] == "setenforce 0"


def test_braces_give_one_word_each():
    assert ("systemctl", "stop", "auditd", "audispd") in {
        c.argv for c in shell.read("systemctl stop aud{itd,ispd}").commands
    }


def test_an_unknown_variable_stays_as_it_is_written():
    assert ("rm", "-rf", "$DIR/x") in {c.argv for c in shell.read('rm -rf "$DIR"/x').commands}


@pytest.mark.parametrize(
    "text",
    [
        'a=seten; b=force; "$a$b" 0',
        "x=SETENFORCE; ${x,,} 0",
        "x=xsetenforce; ${x:1} 0",
        'off() { setenforce "$1"; }; off 0',
        "alias s='setenforce'; s 0",
        "$(printf '\\163etenforce') 0",
        "p=$(echo c2V0ZW5mb3JjZQ== | base64 -d); $p 0",
        "$(echo frgrasbepr | tr a-z n-za-m) 0",
        "echo 0 | while read -r m; do setenforce $m; done",
        'set -- setenforce 0; "$@"',
        "setenforce${IFS}0",
        "man -P 'setenforce 0' ls",
        "tcpdump -w x -z 'setenforce 0'",
        "git -c core.pager='setenforce 0' log",
        "awk 'BEGIN { system(\"setenforce 0\") }'",
        "vim -c '!setenforce 0'",
        "ip netns exec blue setenforce 0",
        "lxc exec web -- setenforce 0",
        "ssh root@db-1 /bin/sh <<'E'\nsetenforce 0\nE\n",
        "gcloud compute ssh vm-1 --command='setenforce 0'",
        "\uff53etenforce 0",
        "set\u200benforce 0",
    ],
)
def test_what_hides_a_command_is_followed(text):
    assert ("setenforce", "0") in {c.argv for c in shell.read(text).commands}


def test_the_second_prompt_of_a_console_is_no_redirect():
    script = shell.read("$ for m in 0; do\n>   setenforce $m\n> done\n")
    assert ("setenforce", "0") in {c.argv for c in script.commands}


def test_every_turn_of_a_loop_is_a_command_of_its_own():
    commands = shell.read("for u in a b; do systemctl stop $u; done").commands
    assert [c.argv[-1] for c in commands] == ["a", "b"]


def test_many_nested_loops_stay_within_limits():
    text = "".join(f"for a{i} in 1 2 3 4 5 6 7 8; do " for i in range(12)) + "true" + "; done" * 12
    assert len(shell.read(text).commands) < 4100


def test_a_function_that_calls_itself_ends():
    assert shell.read("f() { f; f; }; f").commands is not None


def test_a_value_that_doubles_itself_stays_within_limits():
    script = shell.read("a=x; " + 'a="$a$a"; ' * 60 + 'b=$a$a$a; echo "$b"')
    assert all(len(value) <= 4000 for values in script.variables.values() for value in values)


@pytest.mark.parametrize("letter", ["\u2feb", "\u0633", "\U000aa0c1", "\U0010fffd"])
@pytest.mark.parametrize("before", ["<\n", "[", "${", "*", "$(", "<<E\n", "=~ "])
def test_letters_beyond_ascii_do_not_end_the_process(letter, before):
    # The grammar's own scanner crashes on some of them, wherever it looks for a name.
    text = f"x {before}{letter};O{letter}a\t+{letter}{before}*{letter}\\ =O*{letter}\n"
    assert isinstance(shell.read(text).commands, list)
