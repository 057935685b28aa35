"""The metadata that belongs to the server: what a client may say about an object's identity, and what it may not."""

from __future__ import annotations

import datetime
import re
import secrets
import uuid
from typing import Any

from drakkar.apiserver.errors import Cause
from drakkar.apiserver.kinds import Kind

Object = dict[str, Any]

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_MAX_GENERATED = 63
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PATH_SEGMENT = re.compile(r"(?!\.\.?\Z)[^/%]+")
_LABEL_KEY = re.compile(
    r"(?:(?=[^/]{1,253}/)[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
_LABEL_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_MAX_ANNOTATIONS = 256 * 1024
_LABEL_NAMES = ("/namespaces",)
# Taken over from the stored object on every update, whatever the client sends.
_KEPT = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "namespace",
    "name",
    "generateName",
    "selfLink",
)


def now() -> str:
    """The time as metadata writes it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def generated_name(prefix: str) -> str:
    """A name that starts with `prefix`."""
    return prefix[: _MAX_GENERATED - 5] + "".join(secrets.choice(_SUFFIX) for _ in range(5))


def fresh(kind: Kind, namespace: str, given: Object) -> Object:
    """The metadata of a new object."""
    meta = {k: v for k, v in given.items() if k not in (*_KEPT, "resourceVersion", "managedFields")}
    for field in ("name", "generateName"):
        if given.get(field):
            meta[field] = given[field]
    if namespace:
        meta["namespace"] = namespace
    meta |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
    if kind.generation:
        meta["generation"] = 1
    return meta


def kept(old: Object, given: Object) -> Object:
    """The metadata of an update: the client's, with what belongs to the server put back."""
    meta = {k: v for k, v in given.items() if k not in _KEPT}
    meta |= {k: old[k] for k in _KEPT if k in old}
    meta["resourceVersion"] = old["resourceVersion"]
    return meta


def problems(kind: Kind, meta: Object) -> list[Cause]:
    """What is wrong with name, labels and annotations."""
    found: list[Cause] = []
    name = meta.get("name", "")
    if not name:
        return [Cause.required("metadata.name", "name or generateName is required")]
    if kind.resource == "/services":
        pattern, said = _SERVICE, "a DNS-1035 label must start with an alphabetic character"
    elif kind.resource in _LABEL_NAMES:
        pattern, said = (
            _LABEL,
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'",
        )
    elif kind.group == "rbac.authorization.k8s.io":
        pattern, said = _PATH_SEGMENT, "may not be '.' or '..' or contain '/' or '%'"
    else:
        pattern = _SUBDOMAIN
        said = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
            "and must start and end with an alphanumeric character"
        )
    if not pattern.fullmatch(name):
        found.append(Cause.invalid("metadata.name", f'"{name}"', said))
    for key, value in (meta.get("labels") or {}).items():
        if not _LABEL_KEY.fullmatch(key):
            found.append(Cause.invalid("metadata.labels", f'"{key}"', "name part must be a qualified name"))
        if not _LABEL_VALUE.fullmatch(value):
            said = (
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'"
            )
            found.append(Cause.invalid("metadata.labels", f'"{value}"', said))
    annotations = meta.get("annotations") or {}
    for key in annotations:
        if not _LABEL_KEY.fullmatch(key.lower()):
            found.append(
                Cause.invalid("metadata.annotations", f'"{key}"', "name part must be a qualified name")
            )
    if sum(len(k) + len(v) for k, v in annotations.items()) > _MAX_ANNOTATIONS:
        found.append(
            Cause(
                "FieldValueTooLong",
                f"Too long: may not be more than {_MAX_ANNOTATIONS} bytes",
                "metadata.annotations",
            )
        )
    return found
