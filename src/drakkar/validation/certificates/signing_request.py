"""CertificateSigningRequest: what may be asked for, and what may be said of a request and when."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from drakkar.api.object import Object
from drakkar.validation.certificates import x509
from drakkar.validation.certificates.pem import blocks
from drakkar.validation.certificates.signer import signer_name
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, same, text

APPROVED, DENIED, FAILED = "Approved", "Denied", "Failed"
_LEGACY = "kubernetes.io/legacy-unknown"
_SHORTEST_S = 600
_STATUSES = ("False", "True", "Unknown")
_USAGES = (
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
)


def decoded(given: str) -> bytes:
    """The bytes of a field of bytes; none for what is none."""
    try:
        return base64.b64decode(given)
    except (binascii.Error, ValueError):
        return b""


def signing_request_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a request and its status, as they are."""
    found, spec = Findings(), mapping(obj, "spec")
    wrong = _request_problem(text(spec, "request"))
    if wrong:
        found.invalid("spec.request", spec.get("request"), wrong)
    usages = items(spec, "usages")
    if not usages:
        found.required("spec.usages")
    seen: set[str] = set()
    for at, usage in enumerate(usages):
        if usage not in _USAGES:
            found.not_supported(f"spec.usages[{at}]", usage, _USAGES)
    for at, usage in enumerate(usages):
        if usage in seen:
            found.duplicate(f"spec.usages[{at}]", usage)
        seen.add(usage)
    signer = text(spec, "signerName")
    if signer == _LEGACY:
        said = "the legacy signerName is not allowed via this API version"
        found.invalid("spec.signerName", signer, said)
    else:
        signer_name(found, "spec.signerName", signer)
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < _SHORTEST_S:
        said = "may not specify a duration less than 600 seconds (10 minutes)"
        found.invalid("spec.expirationSeconds", seconds, said)
    status = mapping(obj, "status")
    _conditions(found, "status.conditions", items(status, "conditions"))
    wrong = _certificate_problem(text(status, "certificate"))
    if wrong:
        found.invalid("status.certificate", "<certificate data>", wrong)
    return found.listed()


def status_change_problems(old: Object, new: Object, approving: bool) -> list[FieldError]:
    """What a write of the status must leave as it is; `approving` is one of what was decided of the request."""
    found = Findings()
    before, after = mapping(old, "status"), mapping(new, "status")
    for kind in (APPROVED, DENIED, FAILED):
        if len(_of(after, kind)) < len(_of(before, kind)):
            found.forbidden("status.conditions", f'updates may not remove a condition of type "{kind}"')
    for kind in () if approving else (APPROVED, DENIED):
        held, given = _of(before, kind), _of(after, kind)
        if len(given) > len(held):
            found.forbidden("status.conditions", f'updates may not add a condition of type "{kind}"')
        elif len(given) == len(held) and not same(given, held):
            found.forbidden("status.conditions", f'updates may not modify a condition of type "{kind}"')
    if text(before, "certificate") != text(after, "certificate"):
        if approving:
            found.forbidden("status.certificate", "updates may not set certificate content")
        elif text(before, "certificate"):
            found.forbidden("status.certificate", "updates may not modify existing certificate content")
    return found.listed()


def organizations(obj: Object) -> tuple[str, ...]:
    """The organizations that the subject of a request names; none where it cannot be read."""
    try:
        return _request(text(mapping(obj, "spec"), "request")).organizations
    except x509.UnreadableError:
        return ()


def common_name(obj: Object) -> str:
    """The name of the subject of a request; empty where it cannot be read."""
    try:
        return _request(text(mapping(obj, "spec"), "request")).name
    except x509.UnreadableError:
        return ""


def _of(status: Object, kind: str) -> list[Any]:
    return [one for one in items(status, "conditions") if one.get("type") == kind]


def _request(given: str) -> x509.Request:
    block = next(blocks(decoded(given)), None)
    if block is None or block.type != "CERTIFICATE REQUEST":
        raise x509.UnreadableError("PEM block type must be CERTIFICATE REQUEST")
    return x509.request(block.content)


def _request_problem(given: str) -> str:
    try:
        made = _request(given)
    except x509.UnreadableError as failure:
        return str(failure)
    return "" if made.signed else "the signature is not that of the key"


def _certificate_problem(given: str) -> str:
    data = decoded(given)
    if not data:
        return ""
    count = 0
    for block in blocks(data):
        if block.type != "CERTIFICATE":
            return f'only CERTIFICATE PEM blocks are allowed, found "{block.type}"'
        if block.headers:
            return "no PEM block headers are permitted"
        count += 1
        try:
            x509.certificate(block.content)
        except x509.UnreadableError as failure:
            return str(failure)
    return "" if count else "must contain at least one CERTIFICATE PEM block"


def _conditions(found: Findings, path: str, given: list[Object]) -> None:
    seen: set[str] = set()
    for at, condition in enumerate(given):
        kind, status = text(condition, "type"), text(condition, "status")
        if not kind:
            found.required(f"{path}[{at}].type")
        allowed = ("True",) if kind in (APPROVED, DENIED, FAILED) else _STATUSES
        if not status:
            found.required(f"{path}[{at}].status")
        elif status not in allowed:
            found.not_supported(f"{path}[{at}].status", status, allowed)
        if kind in seen:
            found.duplicate(f"{path}[{at}].type", kind)
        seen.add(kind)
    if {APPROVED, DENIED} <= seen:
        both = [f'conditions[{{"type": "{kind}"}}]' for kind in (APPROVED, DENIED)]
        listed = ", ".join(f"`{one}`" for one in both)
        found.invalid(path, f"{{{', '.join(both)}}}", f"must specify at most one of: {listed}")
