"""The files in a volume that the kubelet fills: from ConfigMaps, Secrets, the pod itself, and tokens."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text
from drakkar.validation.pod.environment import object_field, resource_field
from drakkar.validation.pod.label_selector import label_selector
from drakkar.validation.pod.paths import unreserved_path
from drakkar.validation.token_lifetime import token_lifetime

_FIELDS = (
    *("metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"),
)
_LARGEST_MODE = 0o777
_LARGEST_ID = 2**31 - 1
_KEY_TYPES = ("RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519")
_CERTIFICATE_PATHS = ("credentialBundlePath", "keyPath", "certificateChainPath")
_TWICE = "conflicting duplicate paths"


def mode(found: Findings, path: str, given: int | None, most: int = _LARGEST_MODE) -> None:
    """The permissions of files."""
    if given is not None and not 0 <= given <= most:
        found.invalid(path, given, f"must be a number between 0 and 0{most:o} (octal), both inclusive")


def user(found: Findings, path: str, given: int | None) -> None:
    """The owner of files."""
    if given is not None:
        found.each_invalid(path, given, formats.in_range(given, 0, _LARGEST_ID))


def keyed(found: Findings, path: str, given: list[Object]) -> None:
    """Files for the keys of a ConfigMap or Secret."""
    for at, item in enumerate(given):
        here = f"{path}[{at}]"
        for field in ("key", "path"):
            if not text(item, field):
                found.required(f"{here}.{field}")
        unreserved_path(found, f"{here}.path", text(item, "path"))
        mode(found, f"{here}.mode", item.get("mode"))
        user(found, f"{here}.user", item.get("user"))


def downward(found: Findings, path: str, file: Object) -> None:
    """A file with a field of the pod; upstream's paths do not say which file it is."""
    if not text(file, "path"):
        found.required(f"{path}.path")
    unreserved_path(found, f"{path}.path", text(file, "path"))
    field, resource = file.get("fieldRef"), file.get("resourceFieldRef")
    if field is not None:
        object_field(found, f"{path}.fieldRef", field, _FIELDS)
        if resource is not None:
            said = "fieldRef and resourceFieldRef can not be specified simultaneously"
            found.invalid(path, "resource", said)
    elif resource is not None:
        resource_field(found, f"{path}.resourceFieldRef", resource, of_volume=True)
    else:
        found.required(path, "one of fieldRef and resourceFieldRef is required")
    mode(found, f"{path}.mode", file.get("mode"))
    user(found, f"{path}.user", file.get("user"))


def projected(found: Findings, path: str, given: Object) -> None:
    """Several sources in one directory."""
    mode(found, f"{path}.defaultMode", given.get("defaultMode"))
    user(found, f"{path}.defaultUser", given.get("defaultUser"))
    taken: set[str] = set()
    for at, source in enumerate(items(given, "sources")):
        here = f"{path}.sources[{at}]"
        present = [kind for kind in _SOURCES if source.get(kind) is not None]
        for kind in present:
            _SOURCES[kind](found, path, f"{here}.{kind}", source[kind], taken)
        if len(present) > 1:
            found.forbidden(here, "may not specify more than 1 volume type per source")


def _take(found: Findings, path: str, place: str, taken: set[str], shown: str | None = None) -> None:
    if place in taken:
        found.invalid(path, place if shown is None else shown, _TWICE)
    taken.add(place)


def _keys(found: Findings, path: str, here: str, source: Object, taken: set[str]) -> None:
    if not text(source, "name"):
        found.required(f"{here}.name")
    keyed(found, f"{here}.items", items(source, "items"))
    for item in items(source, "items"):
        if text(item, "path"):
            _take(found, path, item["path"], taken, text(source, "name"))


def _pod_fields(found: Findings, path: str, here: str, source: Object, taken: set[str]) -> None:
    for file in items(source, "items"):
        downward(found, here, file)
        if text(file, "path"):
            _take(found, path, file["path"], taken)


def _token(found: Findings, path: str, here: str, source: Object, taken: set[str]) -> None:
    seconds, place = source.get("expirationSeconds"), text(source, "path")
    if seconds is None:
        found.required(f"{here}.expirationSeconds")
    elif said := token_lifetime(seconds):
        found.invalid(f"{here}.expirationSeconds", seconds, said)
    if not place:
        found.required(f"{path}.path")
    else:
        unreserved_path(found, f"{path}.path", place)
    user(found, f"{here}.user", source.get("user"))


def _bundle(found: Findings, path: str, here: str, source: Object, taken: set[str]) -> None:
    name, signer, place = source.get("name"), source.get("signerName"), text(source, "path")
    if name is None and signer is None:
        found.required(here, "either name or signerName must be specified")
    if name is None:
        label_selector(found, f"{here}.labelSelector", source.get("labelSelector"))
    if not place:
        found.required(f"{here}.path")
    user(found, f"{here}.user", source.get("user"))
    unreserved_path(found, f"{here}.path", place)
    _take(found, path, place, taken)


def _certificate(found: Findings, path: str, here: str, source: Object, taken: set[str]) -> None:
    kind = text(source, "keyType")
    user(found, f"{here}.user", source.get("user"))
    if kind not in _KEY_TYPES:
        found.not_supported(f"{here}.keyType", kind, _KEY_TYPES)
    places = [field for field in _CERTIFICATE_PATHS if text(source, field)]
    for field in places:
        unreserved_path(found, f"{here}.{field}", source[field])
        _take(found, path, source[field], taken)
    if not places:
        said = "specify at least one of credentialBundlePath, keyPath, and certificateChainPath"
        found.required(here, said)


_SOURCES = {
    "secret": _keys,
    "configMap": _keys,
    "downwardAPI": _pod_fields,
    "serviceAccountToken": _token,
    "clusterTrustBundle": _bundle,
    "podCertificate": _certificate,
}
