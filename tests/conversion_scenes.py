"""Webhooks that convert: one that does it well, and others that fail in one way each. Addresses of the first version are a
host and a port in the second."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
HOST = {"type": "object", "properties": {"address": {"type": "string"}}}
SPLIT = {
    "type": "object",
    "properties": {
        "host": {"type": "string"},
        "port": {"type": "string"},
        "mode": {"type": "string", "default": "plain"},
    },
}


def _converted(obj: Object, wanted: str) -> Object:
    spec = dict(obj.get("spec") or {})
    if wanted.endswith("/v2"):
        host, _, port = spec.pop("address", "").partition(":")
        spec |= {"host": host, "port": port}
    else:
        spec["address"] = f"{spec.pop('host', '')}:{spec.pop('port', '')}"
    return {**obj, "apiVersion": wanted, "spec": spec}


def answered(review: Object, change: Any = lambda obj: obj, **response: Any) -> tuple[int, Any]:
    """What a converter answers; `change` is done to each object that it made."""
    asked = review["request"]
    made = [change(_converted(obj, asked["desiredAPIVersion"])) for obj in asked["objects"]]
    said = {"uid": asked["uid"], "result": {"status": "Success"}, "convertedObjects": made, **response}
    return 200, {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": said}


def _meta(**parts: Any) -> Any:
    return lambda obj: {**obj, "metadata": {**obj["metadata"], **parts}}


# What each answers, and what is told of it.
BAD: dict[str, tuple[Any, str]] = {
    "refuses": (
        lambda review: answered(review, result={"status": "Failure", "message": "no way"}),
        "no way",
    ),
    "mute": (lambda review: answered(review, result={}), "response.result.status was '', not 'Success'"),
    "fewer": (lambda review: answered(review, convertedObjects=[]), "returned 0 objects, expected 1"),
    "other-uid": (lambda review: answered(review, uid="7"), "expected response.uid="),
    "text": (lambda review: (200, "hello"), "couldn't get version/kind"),
    "broken": (lambda review: (500, "oh dear"), "an error on the server"),
    "vast": (lambda review: (200, "x" * 9_000_000), "the answer is larger than"),
    "renames": (
        lambda review: answered(review, _meta(name="other")),
        "must have the same name: one != other",
    ),
    "other-id": (lambda review: answered(review, _meta(uid="other")), "must have the same UID"),
    "labels": (lambda review: answered(review, _meta(labels={"-": "x"})), "metadata.labels: Invalid value"),
    "numbers": (lambda review: answered(review, _meta(labels={"a": 1})), "must be a string"),
    "versions": (
        lambda review: answered(review, lambda obj: {**obj, "apiVersion": "stable.example.com/v3"}),
        "invalid groupVersion",
    ),
    "nothing": (lambda review: answered(review, lambda obj: None), "it is no object"),
}
BEHAVIOURS: dict[str, Any] = {
    "convert": answered,
    "labelled": lambda review: answered(review, _meta(labels={"made": "here"}, finalizers=["a.b/c"])),
    **{name: behaviour for name, (behaviour, _) in BAD.items()},
}


def conversion(config: Object) -> Object:
    """The part of a definition that says who converts."""
    return {
        "strategy": "Webhook",
        "webhook": {"clientConfig": config, "conversionReviewVersions": ["v1"]},
    }
