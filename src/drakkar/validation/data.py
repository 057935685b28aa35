"""ConfigMaps and Secrets: keys that become names of files, how much there may be, and what a type of Secret must have."""

from __future__ import annotations

import base64
import json

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import mapping, text

_MOST = 1024 * 1024
_ACCOUNT = "kubernetes.io/service-account.name"
# The one key of Docker's two sorts of Secrets, whose value is JSON.
_DOCKER = {
    "kubernetes.io/dockercfg": ".dockercfg",
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
}


def config_map_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a ConfigMap."""
    found, size = Findings(), 0
    data, binary = mapping(obj, "data"), mapping(obj, "binaryData")
    for key, value in data.items():
        found.each_invalid(f"data[{key}]", key, formats.config_key(key))
        if key in binary:
            found.invalid(f"data[{key}]", key, "duplicate of key present in binaryData")
        size += formats.size(value)
    for key, value in binary.items():
        found.each_invalid(f"binaryData[{key}]", key, formats.config_key(key))
        size += _decoded(value)
    if size > _MOST:
        # It is about the whole object.
        found.too_long("[]", _MOST)
    return found.listed()


def secret_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a Secret."""
    found = Findings()
    data = mapping(obj, "data")
    for key in data:
        found.each_invalid(f"data[{key}]", key, formats.config_key(key))
    if sum(map(_decoded, data.values())) > _MOST:
        found.too_long("data", _MOST)
    _typed(found, text(obj, "type"), obj, data)
    return found.listed()


def _decoded(value: str) -> int:
    """How many bytes base64 stands for."""
    return len(value) // 4 * 3 - value[-2:].count("=")


def _typed(found: Findings, kind: str, obj: Object, data: Object) -> None:
    match kind:
        case "kubernetes.io/service-account-token":
            # The rest may be added later, by whoever makes the token.
            annotations = mapping(mapping(obj, "metadata"), "annotations")
            if not annotations.get(_ACCOUNT):
                found.required(f"metadata.annotations[{_ACCOUNT}]")
        case "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson":
            _docker(found, _DOCKER[kind], data)
        case "kubernetes.io/basic-auth":
            if "username" not in data and "password" not in data:
                found.required("data[username]")
                found.required("data[password]")
        case "kubernetes.io/ssh-auth":
            if not data.get("ssh-privatekey"):
                found.required("data[ssh-privatekey]")
        case "kubernetes.io/tls":
            for key in ("tls.crt", "tls.key"):
                if key not in data:
                    found.required(f"data[{key}]")


def _docker(found: Findings, key: str, data: Object) -> None:
    if key not in data:
        found.required(f"data[{key}]")
        return
    if not data[key]:
        found.invalid(f"data[{key}]", "<secret contents redacted>", "unexpected end of JSON input")
        return
    try:
        whole = json.loads(base64.b64decode(data[key]))
        why = "" if isinstance(whole, dict) or whole is None else "it is no JSON object"
    except (ValueError, RecursionError) as failure:
        why = str(failure)
    if why:
        found.invalid(f"data[{key}]", "<secret contents redacted>", why)
