"""What the tests of other people's clients share: following a watch, waiting by one, and how a refusal looks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kubernetes import client as k8s
from kubernetes import watch
from kubernetes.client.exceptions import ApiException

Object = dict[str, Any]
JSON, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
SECONDS = 30


def follow(listing: Callable[..., Any], kind: type | None = None, **options: Any) -> Iterator[Object]:
    """A watch's events until the time limit; `kind` is the objects' type where the client cannot tell."""
    yield from watch.Watch(kind).stream(listing, timeout_seconds=SECONDS, **options)


def until(listing: Callable[..., Any], name: str, wanted: Callable[[Any], Any], **options: Any) -> Any:
    """The object of that name once it is as wanted."""
    last = None
    for event in follow(listing, field_selector=f"metadata.name={name}", **options):
        last = event["object"]
        if event["type"] != "DELETED" and wanted(last):
            return last
    raise AssertionError(f"not as wanted after {SECONDS} s: {last}")


def until_gone(listing: Callable[..., Any], **options: Any) -> None:
    """Return once nothing that the options select is there."""
    listed = listing(**options)
    left = {item.metadata.name for item in listed.items}
    if not left:
        return
    for event in follow(listing, resource_version=listed.metadata.resource_version, **options):
        name = event["object"].metadata.name
        left = left - {name} if event["type"] == "DELETED" else left | {name}
        if not left:
            return
    raise AssertionError(f"still there after {SECONDS} s: {left}")


@contextlib.contextmanager
def refused(code: int, reason: str) -> Iterator[None]:
    """The block is to end with this refusal."""
    with pytest.raises(ApiException) as caught:
        yield
    assert caught.value.status == code and f'"reason":"{reason}"' in caught.value.body.replace(" ", "")


def sleeper(name: str, script: str = "echo hello; sleep 600", **spec: Any) -> Object:
    """A pod of one container that runs a shell script."""
    container = {"name": "c", "image": "busybox", "command": ["sh", "-c", script]}
    return {"metadata": {"name": name, "labels": {"app": name}}, "spec": {"containers": [container], **spec}}


def running(core: k8s.CoreV1Api, namespace: str, name: str) -> Any:
    return until(
        core.list_namespaced_pod, name, lambda pod: pod.status.phase == "Running", namespace=namespace
    )
