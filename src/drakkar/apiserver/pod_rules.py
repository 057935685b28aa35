"""Puts the rules of pods, which are `drakkar.validation`'s, into the terms of the API server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drakkar.apiserver.errors import Cause
from drakkar.validation.field_error import Findings
from drakkar.validation.pod import pod, pod_template

Object = dict[str, Any]


def causes(found: Findings) -> Iterator[Cause]:
    """What was found, as a status tells it."""
    for error in found.listed():
        yield Cause(error.reason, error.message, error.field)


def of_pod(obj: Object) -> Iterator[Cause]:
    """What is wrong with a pod, its metadata aside."""
    found = Findings()
    pod(found, obj)
    yield from causes(found)


def of_template(template: Object, path: str, policies: tuple[str, ...]) -> Iterator[Cause]:
    """What is wrong with the template of a workload's pods, which may be restarted by these policies only."""
    found = Findings()
    pod_template(found, path, template)
    policy = (template.get("spec") or {}).get("restartPolicy") or ""
    if policy not in policies and policy in ("Always", "OnFailure", "Never"):
        found.not_supported(f"{path}.spec.restartPolicy", policy, policies)
    yield from causes(found)
