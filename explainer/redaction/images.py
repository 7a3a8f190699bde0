"""Image references: which part tells whose software it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from explainer.redaction.policy import Policy

_REFERENCE = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.\-]*(?::\d+(?=/))?(?:/[\w.\-]+)*)(?::(?P<tag>[\w][\w.\-]*))?(?:@(?P<digest>sha\d+:[0-9a-f]+))?$"
)


def image_parts(reference: str, policy: Policy) -> Iterator[tuple[str, str]]:
    """What of an image reference is replaced: ``(text, kind)``; nothing for public images of well known software."""
    match = _REFERENCE.match(reference.strip())
    if match is None:
        return
    name = match["name"]
    first, slash, rest = name.partition("/")
    registry = first if slash and ("." in first or ":" in first or first == "localhost") else ""
    path = rest if registry else name
    if policy.kept(name) or policy.kept(path):
        return
    public = not registry or policy.kept(registry, "registries")
    if public:
        publisher, _, software = path.rpartition("/")
        root = publisher.split("/")[0]
        if (not publisher and policy.kept(path, "software_images", "software")) or (
            root and policy.kept(root, "publishers")
        ):
            return
        yield path, "images"
        if publisher and len(root) >= 4:
            yield root, "accounts"
        if len(software) >= 5 and not policy.kept(software, "software_images", "software"):
            yield software, "images"
        return
    yield name, "images"
    yield registry, "registries"
    yield path, "images"
    for part in path.split("/"):
        if len(part) >= 5 and not policy.kept(part, "software_images", "software", "publishers"):
            yield part, "images"


IMAGE_COMMAND = re.compile(
    r"\b(?:docker|podman|nerdctl|crictl|ctr|skopeo|crane|kubectl|helm|buildah|oras)\b[^|;\n\x00]{0,200}?(?<![\w/.-])"
    r"(?P<s>(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(?::\d+)?(?:/[\w.\-]+)+|[A-Za-z0-9-]+:\d{2,5}(?:/[\w.\-]+)+)"
)
