"""Kubernetes' own groups: whoever defines a kind in one of them says who approved of it."""

from __future__ import annotations

import enum
import urllib.parse

from drakkar.api.object import Object

APPROVED = "api-approved.kubernetes.io"
_SEE = "see https://github.com/kubernetes/enhancements/pull/1111"


class Approval(enum.Enum):
    """What a definition says of it."""

    NOT_NEEDED = enum.auto()
    MISSING = enum.auto()
    INVALID = enum.auto()
    APPROVED = enum.auto()
    BYPASSED = enum.auto()


def approval(definition: Object) -> tuple[Approval, str]:
    """What a definition says, and what is wrong with that; the text is empty where nothing is."""
    group = (definition.get("spec") or {}).get("group") or ""
    if not f".{group}".endswith((".k8s.io", ".kubernetes.io")):
        return Approval.NOT_NEEDED, ""
    given = ((definition.get("metadata") or {}).get("annotations") or {}).get(APPROVED) or ""
    needed = f'protected groups must have approval annotation "{APPROVED}"'
    if not given:
        return Approval.MISSING, f"{needed}, {_SEE}"
    if given.startswith("unapproved"):
        return Approval.BYPASSED, ""
    try:
        url = urllib.parse.urlsplit(given)
    except ValueError:
        url = urllib.parse.urlsplit("")
    if url.scheme and url.netloc:
        return Approval.APPROVED, ""
    return Approval.INVALID, f'{needed} with either a URL or a reason starting with "unapproved", {_SEE}'
