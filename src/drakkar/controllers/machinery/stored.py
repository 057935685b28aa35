"""What any stored object says in its plain form, where it says nothing too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]


def metadata_in(obj: Object) -> dict[str, Any]:
    """Of a template, which may have none."""
    return obj.get("metadata") or {}


def labels_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("annotations") or {}


def finalizers_of(obj: Object) -> list[str]:
    return obj["metadata"].get("finalizers") or []


def spec_in(obj: Object) -> dict[str, Any]:
    return obj.get("spec") or {}


def status_in(obj: Object) -> dict[str, Any]:
    return obj.get("status") or {}


def key_in(obj: Object) -> tuple[str, str]:
    """Namespace and name of an object that has a namespace."""
    return obj["metadata"]["namespace"], obj["metadata"]["name"]
