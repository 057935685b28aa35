"""Small pieces of what is told: numbers of things, lists, claims, expressions, taints."""

from __future__ import annotations

from drakkar.api.resource import ResourceClaim


def counted(count: int, one: str) -> str:
    """`1 device`, `1,000 devices`."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def claim_label(claim: ResourceClaim) -> str:
    """`namespace/name`."""
    return f"{claim.metadata.namespace}/{claim.metadata.name}"


def in_one_line(expression: str) -> str:
    """An expression without its line breaks."""
    return " ".join(expression.split())


def taint_text(key: str, value: str, effect: str) -> str:
    """`key=value:effect`, as kubectl writes taints."""
    return f"{key}={value}:{effect}" if value else f"{key}:{effect}"


def listed(texts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
