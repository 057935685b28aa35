"""AdmissionReview: what a webhook is told of a request, and what it says."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.apiserver import told_warnings
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.webhooks.errors import CallError
from drakkar.apiserver.wire import answer

_GROUP: Final = "admission.k8s.io"
_VERSIONS: Final = ("v1", "v1beta1")
_JSON_PATCH: Final = "JSONPatch"


@dataclass(frozen=True, slots=True)
class Question:
    """A review ready to be sent, by its id and its version."""

    uid: str
    version: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What a webhook said; `result` is its Status."""

    allowed: bool
    result: Object
    patch: bytes = b""
    patch_type: str = _JSON_PATCH
    warnings: list[str] = field(default_factory=list)
    annotations: dict[str, str] = field(default_factory=dict)


def question(source: Object, request: AdmissionRequest, kind: Kind, new: Object | None) -> Question:
    """The review of a request for a webhook that matched by this version of the resource; CallError.

    `new` is the object as it is now, in that version.
    """
    version = next((one for one in source.get("admissionReviewVersions") or () if one in _VERSIONS), None)
    if version is None:
        raise CallError(
            "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)"
        )
    uid = str(uuid.uuid4())
    asked = _described(request, kind, uid)
    asked["object"], asked["oldObject"] = new, request.versioned(kind, request.old)
    asked["options"] = request.options
    review = {"kind": "AdmissionReview", "apiVersion": f"{_GROUP}/{version}", "request": asked}
    return Question(uid, version, msgspec.json.encode(review))


def _described(request: AdmissionRequest, kind: Kind, uid: str) -> Object:
    user = request.requester.user
    # Who is asked about is not told of what he is.
    maybe_user = {"uid": user.uid, "extra": {key: list(values) for key, values in user.extra.items()}}
    maybe = {
        "subResource": request.subresource,
        "requestSubResource": request.subresource,
        "name": request.name,
        "namespace": request.home,
    }
    return {
        "uid": uid,
        "kind": request.typed(kind)._asdict(),
        "resource": _resource(kind),
        "requestKind": request.typed(request.kind)._asdict(),
        "requestResource": _resource(request.kind),
        **{key: value for key, value in maybe.items() if value},
        "operation": request.operation,
        "userInfo": {
            "username": user.name,
            "groups": list(user.groups),
            **{key: value for key, value in maybe_user.items() if value},
        },
        "dryRun": request.dry_run,
    }


def _resource(kind: Kind) -> Object:
    return {"group": kind.group, "version": kind.version, "resource": kind.plural}


def reply(asked: Question, body: bytes, mutating: bool) -> Reply:
    """What a webhook answered; CallError where that cannot be used."""
    try:
        review = answer.decoded(body)
    except answer.AnswerError as failure:
        raise CallError(f"failed to call webhook: couldn't get version/kind; {failure}") from None
    if not isinstance(review, dict):
        raise CallError("failed to call webhook: the answer is not an AdmissionReview")
    try:
        return _reply(asked, review, mutating)
    except CallError as failure:
        raise CallError(f"received invalid webhook response: {failure}") from None


def _reply(asked: Question, review: Object, mutating: bool) -> Reply:
    said = review.get("response")
    if not isinstance(said, dict):
        raise CallError("webhook response was absent")
    patch_type = said.get("patchType")
    patch = _bytes(said.get("patch"))
    if asked.version == "v1":
        _same(asked, review, said)
        _patched(mutating, patch, patch_type)
    result = said.get("status")
    return Reply(
        said.get("allowed") is True,
        result if isinstance(result, dict) else {},
        patch if mutating else b"",
        _JSON_PATCH if patch_type is None else str(patch_type),
        told_warnings.told(one for one in _list(said.get("warnings")) if isinstance(one, str)),
        _texts(said.get("auditAnnotations")),
    )


def _same(asked: Question, review: Object, said: Object) -> None:
    uid = str(said.get("uid") or "")
    if uid != asked.uid:
        raise CallError(f"expected response.uid={quoted(asked.uid)}, got {quoted(uid)}")
    version, kind = str(review.get("apiVersion") or ""), str(review.get("kind") or "")
    if (version, kind) != (f"{_GROUP}/v1", "AdmissionReview"):
        wanted = f"{_GROUP}/v1, Kind=AdmissionReview"
        raise CallError(f"expected webhook response of {wanted}, got {version}, Kind={kind}")


def _patched(mutating: bool, patch: bytes, patch_type: object) -> None:
    if not mutating:
        if patch:
            raise CallError("validating webhook may not return response.patch")
        if patch_type is not None:
            raise CallError("validating webhook may not return response.patchType")
        return
    if patch and patch_type is None:
        raise CallError("webhook returned response.patch but not response.patchType")
    if not patch and patch_type is not None:
        raise CallError("webhook returned response.patchType but not response.patch")


def _bytes(given: object) -> bytes:
    if given is None:
        return b""
    try:
        return base64.b64decode(str(given).encode(), validate=True)
    except (binascii.Error, ValueError):
        raise CallError("response.patch is not base64") from None


def operations(reply: Reply) -> list[Any]:
    """The operations of the patch that a webhook answered with; CallError."""
    if not reply.patch:
        return []
    try:
        found = answer.decoded(reply.patch)
        if not isinstance(found, list):
            found = msgspec.convert(found, list)
    except (msgspec.MsgspecError, answer.AnswerError) as failure:
        raise CallError(f"received undecodable patch in webhook response: {failure}") from None
    if found and reply.patch_type != _JSON_PATCH:
        raise CallError(f"unsupported patch type {quoted(reply.patch_type)}")
    return found


def _list(given: object) -> list[Any]:
    return given if isinstance(given, list) else []


def _texts(given: object) -> dict[str, str]:
    if not isinstance(given, dict):
        return {}
    return {key: value for key, value in given.items() if isinstance(value, str)}
