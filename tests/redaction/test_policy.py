"""The policy: what a site adds to it, and what it may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from explainer.errors import ConfigError, DataError
from explainer.redaction import read_policy, shipped_policy
from explainer.redaction.fieldkinds import field_kind
from explainer.redaction.images import image_parts
from explainer.redaction.patterns import from_text
from explainer.redaction.places import keeps_address
from explainer.redaction.typedvalues import typed
from explainer.store.redaction_policy import load_policy

POLICY = shipped_policy()


def test_lists_are_added_to_and_switches_replace() -> None:
    policy = read_policy({"identities": {"labels": False, "terms": ["Bluebird"]}, "keep": {"users": ["deploy"]}})
    assert "labels" not in policy.kinds
    assert policy.kept("deploy", "users")
    assert policy.kept("root", "users")
    assert policy.terms == ("Bluebird",)
    assert policy.sha256 != POLICY.sha256


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"identites": {}}, "identities"),
        ({"identities": {"user": True}}, "users"),
        ({"identities": {"users": "yes"}}, "true or false"),
        ({"keep": {"users": "root"}}, "list of texts"),
        ({"keep": {"addresses": ["10.0.0.300"]}}, "keep.addresses"),
        ({"secrets": {"patterns": ["("]}}, "no regular expression"),
        ({"secrets": {"patterns": ["x*"]}}, "empty text"),
        ({"name": "a b"}, "a word"),
    ],
)
def test_what_no_policy_can_say_is_an_error_that_names_it(own: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_policy(own)


def test_a_policy_file_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text("[identities]\nexternal_addresses = true\n")
    policy = load_policy(path)
    assert policy.name == "site"
    assert not keeps_address("203.0.113.9", policy)
    with pytest.raises(ConfigError):
        load_policy(tmp_path / "none.toml")
    path.write_text("= x")
    with pytest.raises(DataError):
        load_policy(path)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("user.name", "users"),
        ("evt.hostname", "hosts"),
        ("k8s.ns.name", "namespaces"),
        ("k8smeta.pod.name", "pods"),
        ("k8s.pod.label[team]", "labels"),
        ("container.image.repository", "images"),
        ("container.image.tag", ""),
        ("ct.user.accountid", "accounts"),
        ("gcp.projectId", "accounts"),
        ("okta.actor.alternateID", "users"),
        ("proc.cmdline", ""),
        ("user.uid", ""),
        ("evt.type", ""),
    ],
)
def test_a_fields_name_tells_its_kind(field: str, kind: str) -> None:
    assert field_kind(field, POLICY) == kind


def test_a_site_names_fields_of_its_own() -> None:
    assert field_kind("custom.owner_squad_x", read_policy({"fields": {"users": ["custom.*squad*"]}})) == "users"


@pytest.mark.parametrize(
    "image",
    [
        "nginx",
        "docker.io/library/redis",
        "registry.k8s.io/kube-proxy:v1.30.1",
        "docker.io/falcosecurity/falco-driver-loader",
        "quay.io/prometheus/node-exporter",
    ],
)
def test_public_images_of_well_known_software_stay(image: str) -> None:
    assert list(image_parts(image, POLICY)) == []


@pytest.mark.parametrize(
    ("image", "gone"),
    [
        ("registry.acme.example/team/api:1", "registry.acme.example/team/api"),
        ("ghcr.io/acmecorp/billing", "acmecorp/billing"),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop"),
        ("billing-worker:2", "billing-worker"),
    ],
)
def test_images_of_ones_own_go(image: str, gone: str) -> None:
    assert gone in {text for text, _ in image_parts(image, POLICY)}


@pytest.mark.parametrize(
    "user", ["root", "www-data", "system:anonymous", "system:serviceaccount:kube-system:x", "-1", "<NA>"]
)
def test_standard_accounts_stay(user: str) -> None:
    assert list(typed(user, "users", POLICY)) == []


@pytest.mark.parametrize(
    "text",
    [
        "kubernetes.default.svc",
        "127.0.0.1:80",
        "169.254.169.254",
        "10.0.0.0/8",
        "203.0.113.7",
        "/etc/rc.local",
        "git@github.com:x/y",
        "/root/.ssh",
        "version 1.2.3",
        "system:serviceaccount:kube-system:replicaset-controller",
    ],
)
def test_what_says_nothing_about_us_is_not_harvested(text: str) -> None:
    assert list(from_text(text, POLICY, POLICY.internal_domains)) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10.1.2.3:80", "10.1.2.3"),
        ("fe80::1%eth0 up", "fe80::1"),
        ("fd12:3456::9", "fd12:3456::9"),
        ("/home/eve/.ssh", "eve"),
        ("mail jane.doe@acme.example now", "jane.doe@acme.example"),
        ("system:serviceaccount:shop:cart", "shop"),
        ("/api/v1/namespaces/shop/pods/cart-1/exec", "cart-1"),
        ("arn:aws:iam::111122223333:user/eve", "111122223333"),
        ("ssh eve@box7 id", "box7"),
        ("kubectl -n shop exec -it cart-7d9c5b6f4-x2k8v -- sh", "shop"),
        ("ip-10-1-2-3.ec2.internal", "ip-10-1-2-3.ec2.internal"),
        ("aws s3 ls s3://acme-logs/x", "acme-logs"),
        ("/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/x", "0b1f6471-1bf0-4dda-aec3-cb9272f09590"),
        ("su - eve", "eve"),
        ("user=eve", "eve"),
    ],
)
def test_identities_show_by_their_form(text: str, value: str) -> None:
    assert value in {found for found, _ in from_text(text, POLICY, POLICY.internal_domains)}
