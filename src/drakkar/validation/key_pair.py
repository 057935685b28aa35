"""What a TLS Secret holds, as far as it can be told without reading keys: blocks of PEM of the right types."""

from __future__ import annotations

import base64
import binascii
import re

from drakkar.api.object import Object
from drakkar.validation.field_values import mapping, text

_BLOCK = re.compile(
    r"^-----BEGIN ([^\n-]*)-----[ \t\r]*\n([^-]*)^-----END ([^\n-]*)-----[ \t\r]*$", re.MULTILINE
)
_KEY = "PRIVATE KEY"


def key_pair_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a Secret of the type for TLS that is taken."""
    if text(new, "type") != "kubernetes.io/tls":
        return []
    data = mapping(new, "data")
    said = _certificate(_types(text(data, "tls.crt"))) or _private(_types(text(data, "tls.key")))
    return [f"tls: {said}"] if said else []


def _types(encoded: str) -> list[str]:
    """The types of the blocks in a text, in their order."""
    try:
        plain = base64.b64decode(encoded).decode("latin-1")
    except (binascii.Error, ValueError):
        return []
    return [one[1] for one in _BLOCK.finditer(plain) if one[1] == one[3] and _is_base64(one[2])]


def _is_base64(body: str) -> bool:
    try:
        base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _certificate(types: list[str]) -> str:
    if "CERTIFICATE" in types:
        return ""
    if not types:
        return "failed to find any PEM data in certificate input"
    if len(types) == 1 and types[0].endswith(_KEY):
        return (
            "failed to find certificate PEM data in certificate input, but did find a private key; "
            "PEM inputs may have been switched"
        )
    return (
        'failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the '
        f"following types: [{' '.join(types)}]"
    )


def _private(types: list[str]) -> str:
    if any(one == _KEY or one.endswith(f" {_KEY}") for one in types):
        return ""
    if not types:
        return "failed to find any PEM data in key input"
    if types == ["CERTIFICATE"]:
        return "found a certificate rather than a key in the PEM for the private key"
    return (
        f'failed to find PEM block with type ending in "{_KEY}" in key input after skipping PEM blocks of '
        f"the following types: [{' '.join(types)}]"
    )
