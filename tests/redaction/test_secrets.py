"""Secrets in texts: found in every convention, and only there."""

from __future__ import annotations

import itertools
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explainer.redaction import find_secrets, mask_text, masks
from explainer.redaction.conventions import TOOLS
from explainer.redaction.names import weight

SECRET = "Zk7!mPq2xW"


@pytest.mark.parametrize(
    "line",
    [
        "mysql -h db -uapp -p{} shop",
        "sh -c 'mysql -uapp -p{} shop | gzip'",
        "PGPASSWORD={} psql -h db",
        "psql postgresql://app:{}@db:5432/x",
        "redis-cli -a {} ping",
        "curl -u bob:{} https://x.example",
        "curl -H 'Authorization: Bearer {}' https://x.example",
        'curl -d \'{{"user":"a","password":"{}"}}\' https://x.example',
        "sshpass -p {} ssh -p 2222 root@h",
        "ldapsearch -x -D cn=a -w {} -b dc=x",
        "smbclient //h/s -U 'CORP\\bob%{}'",
        "vault kv put secret/a db={}",
        "echo {} | sudo -S id",
        "echo 'bob:{}' | chpasswd",
        "unheard-of -u bob -p {} connect",
        "unheard-of --login bob:{}",
        "unheard-of --client-secret={}",
        "unheard-of bob:{}@host.example:99",
        '["mongosh","-u","root","-p","{}"]',
        '[{{"name": "DB_PASSWORD", "value": "{}"}}]',
        "Server=db;User Id=sa;Password={};Encrypt=true",
        "CREATE USER 'a' IDENTIFIED BY '{}'",
        "machine h login bob password {}",
    ],
)
def test_a_secret_is_masked_by_the_convention_that_it_stands_in(line: str) -> None:
    text = line.format(SECRET)
    masked = mask_text(text)
    assert SECRET not in masked
    assert "[redacted:" in masked
    assert masked.split()[0].strip("'\"[{")[:4] == text.split()[0].strip("'\"[{")[:4]


@pytest.mark.parametrize(
    "line",
    [
        "cat /etc/shadow",
        "insmod /lib/modules/a.ko",
        "ssh -p 2222 -l bob h",
        "docker run -u 1000:1000 -p 8080:80 nginx:1.25",
        "cp -u -p a b",
        "journalctl -u nginx -p err",
        "mysql --defaults-file=/etc/mysql/debian.cnf -p",
        "nmap -p1-65535 h",
        "vault server -config=/etc/vault",
        "password: authentication failed for root",
        "--password-file=/run/secrets/pw --token-ttl=3600",
        "grep -r password= /etc",
        "export TOKEN=$(cat /t)",
        "token=${TOKEN} --password $PASS",
        "docker pull nginx@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "user=arn:aws:sts::111122223333:assumed-role/a/b@example.com",
        "the password was not changed",
        "max_tokens=1200 sort_key=name csrf_token_name=x",
    ],
)
def test_what_is_no_secret_stays_as_it_is(line: str) -> None:
    assert mask_text(line) == line


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ghp_" + "a1B2" * 9, "token"),
        ("AKIA" + "QWERTYUIOPASDFGH", "access-key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "token"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----", "private-key"),
        ("$6$saltsalt$hashhashhashhash", "password-hash"),
        ("sk_live_" + "a1B2" * 6, "api-key"),
    ],
)
def test_keys_show_by_their_form(text: str, kind: str) -> None:
    assert [secret.kind for secret in find_secrets(f"x {text}")] == [kind]


@given(st.text(max_size=300))
def test_masking_twice_is_masking_once(text: str) -> None:
    once = mask_text(text)
    assert mask_text(once) == once


@given(st.text(alphabet=string.printable, max_size=200))
def test_places_are_in_order_and_apart(text: str) -> None:
    found = find_secrets(text)
    assert all(0 <= s.start < s.end <= len(text) for s in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


@given(
    st.text(alphabet=string.ascii_letters + string.digits + "!#%*+_-=.", min_size=8, max_size=40).filter(
        lambda s: s[0].isalpha() and any(c.isdigit() for c in s) and any(c.isupper() for c in s) and s[-1].isalnum()
    )
)
def test_any_made_up_value_of_a_password_is_masked(secret: str) -> None:
    for text in (f"x --password {secret} y", f"DB_PASSWORD={secret}", json.dumps({"password": secret})):
        assert secret not in mask_text(text)


def test_known_secrets_are_masked_wherever_they_stand() -> None:
    assert masks(["k-own-key"])("the key is k-own-key") == "the key is [redacted:key]"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PGPASSWORD", "password"),
        ("dbPassword", "password"),
        ("aws_secret_access_key", "token"),
        ("clientSecret", "token"),
        ("secret_id", "token"),
        ("password_file", ""),
        ("token_ttl", ""),
        ("bypass", ""),
        ("compass", ""),
        ("public_key", ""),
        ("monkey", ""),
        ("key", "weak"),
    ],
)
def test_a_name_tells_how_much_it_promises(name: str, expected: str) -> None:
    assert weight(name) == expected


def test_every_listed_convention_is_one_that_is_known() -> None:
    for program, rows in TOOLS.items():
        assert program == program.strip()
        for row in rows:
            assert row.forms, program
