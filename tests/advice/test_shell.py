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
