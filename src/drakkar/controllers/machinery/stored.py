"""What any stored object says in its plain form, where it says nothing too."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import ObjectView


def metadata_in(obj: ObjectView) -> dict[str, Any]:
    """Of a template, which may have none."""
    return obj.get("metadata") or {}


def labels_of(obj: ObjectView) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: ObjectView) -> dict[str, str]:
    return obj["metadata"].get("annotations") or {}


def finalizers_of(obj: ObjectView) -> list[str]:
    return obj["metadata"].get("finalizers") or []


def spec_in(obj: ObjectView) -> dict[str, Any]:
    return obj.get("spec") or {}


def status_in(obj: ObjectView) -> dict[str, Any]:
    return obj.get("status") or {}
