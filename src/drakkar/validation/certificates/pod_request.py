"""PodCertificateRequest: whom it is for, the key that it is about, and the certificate that is issued for it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from drakkar.api.object import Object
from drakkar.api.time import time_of
from drakkar.validation import formats
from drakkar.validation.certificates import x509
from drakkar.validation.certificates.pem import blocks
from drakkar.validation.certificates.signer import is_kubernetes, signer_name
from drakkar.validation.certificates.signing_request import decoded
from drakkar.validation.conditions import conditions
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, same, text

_LONGEST_ID = 128
_LARGEST_ANNOTATIONS = 256 * 1024
_LARGEST_KEY = 10 * 1024
_LARGEST_CHAIN = 100 * 1024
_HOUR_S = 60 * 60
_LONGEST_S, _LONGEST_OF_KUBERNETES_S = 91 * 24 * _HOUR_S, 24 * _HOUR_S
_OUTCOMES = ("Issued", "Denied", "Failed")
_TIMES = ("notBefore", "notAfter", "beginRefreshAt")
_MARGIN = datetime.timedelta(minutes=10)


class _Times(NamedTuple):
    """What a status says of when its certificate is good, and when to ask for the next."""

    start: datetime.datetime
    end: datetime.datetime
    refresh: datetime.datetime


_STUB, _KEY, _PROOF = "spec.stubPKCS10Request", "spec.pkixPublicKey", "spec.proofOfPossession"
_CHAIN = "status.certificateChain"


def pod_request_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a new request that has its defaults."""
    found, spec = Findings(), mapping(obj, "spec")
    signer = text(spec, "signerName")
    signer_name(found, "spec.signerName", signer)
    _annotations(found, "spec.unverifiedUserAnnotations", mapping(spec, "unverifiedUserAnnotations"))
    for kind in ("pod", "serviceAccount", "node"):
        name, uid = text(spec, f"{kind}Name"), text(spec, f"{kind}UID")
        found.each_invalid(f"spec.{kind}Name", name, formats.dns_subdomain(name))
        if not uid:
            found.invalid(f"spec.{kind}UID", uid, "must not be empty")
        if formats.size(uid) > _LONGEST_ID:
            found.too_long(f"spec.{kind}UID", _LONGEST_ID)
    seconds = spec.get("maxExpirationSeconds")
    if seconds is None:
        found.required("spec.maxExpirationSeconds", "must be set")
        return found.listed()
    most = _LONGEST_OF_KUBERNETES_S if is_kubernetes(signer) else _LONGEST_S
    if not _HOUR_S <= seconds <= most:
        found.invalid("spec.maxExpirationSeconds", seconds, f"must be in the range [{_HOUR_S}, {most}]")
    _key(found, spec)
    return found.listed()


def _annotations(found: Findings, path: str, given: Object) -> None:
    for key in given:
        small = key.lower()
        wrong = formats.label_key(small)
        if not wrong and "/" not in small:
            wrong = ['must be a domain-prefixed key (such as "acme.io/foo")']
        found.each_invalid(path, small, wrong)
    if sum(formats.size(key) + formats.size(value) for key, value in given.items()) > _LARGEST_ANNOTATIONS:
        found.too_long(path, _LARGEST_ANNOTATIONS)


def _key(found: Findings, spec: Object) -> None:
    stub, key, proof = (text(spec, path.removeprefix("spec.")) for path in (_STUB, _KEY, _PROOF))
    if stub and not key and not proof:
        _stub(found, decoded(stub))
    elif key and proof and not stub:
        _proof(found, decoded(key), decoded(proof), text(spec, "podUID"))
    else:
        said = "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set"
        found.add(FieldError.unshown("spec", said))


def _stub(found: Findings, content: bytes) -> None:
    if len(content) > _LARGEST_KEY:
        found.too_long(_STUB, _LARGEST_KEY)
        return
    try:
        request = x509.request(content)
    except x509.UnreadableError:
        found.add(FieldError.unshown(_STUB, "must be a valid PKCS#10 CSR"))
        return
    wrong = x509.key_problem(request.key)
    if wrong is not None:
        _wrong_key(found, _STUB, wrong)
    elif not request.signed:
        found.add(FieldError.unshown(_STUB, "invalid signature"))


def _wrong_key(found: Findings, path: str, wrong: tuple[str, str]) -> None:
    value, said = wrong
    if value:
        found.invalid(path, value, said)
    else:
        found.add(FieldError.unshown(path, said))


def _proof(found: Findings, content: bytes, proof: bytes, uid: str) -> None:
    for path, given in ((_KEY, content), (_PROOF, proof)):
        if len(given) > _LARGEST_KEY:
            found.too_long(path, _LARGEST_KEY)
            return
    try:
        key = x509.public_key(content)
    except x509.UnreadableError:
        found.add(FieldError.unshown(_KEY, "must be a valid PKIX-serialized public key"))
        return
    wrong = x509.key_problem(key)
    if wrong is not None:
        _wrong_key(found, _KEY, wrong)
    elif not x509.possessed(key, proof, uid.encode(errors="replace")):
        said = "could not verify proof-of-possession signature"
        found.add(FieldError.unshown(_PROOF, said))


def pod_request_status_problems(old: Object, new: Object, now: datetime.datetime) -> list[FieldError]:
    """What is wrong with the status of `new` in place of that of `old`."""
    found, before, after = Findings(), mapping(old, "status"), mapping(new, "status")
    _outcomes(found, "status.conditions", items(after, "conditions"))
    conditions(found, "status.conditions", items(after, "conditions"))
    if found.listed():
        return found.listed()
    done, doing = _outcome(before), _outcome(after)
    if done:
        if not same(before, after):
            said = "immutable after PodCertificateRequest is issued, denied, or failed"
            found.add(FieldError.unshown("status", said))
    elif doing in ("Denied", "Failed"):
        if not same(after, {"conditions": after.get("conditions")}):
            said = (
                "non-condition status fields must be empty when denying or failing the PodCertificateRequest"
            )
            found.add(FieldError.unshown("status", said))
    elif doing == "Issued":
        for error in _issued(mapping(old, "spec"), after, now):
            found.add(error)
    elif not same(before, after):
        said = 'status is immutable unless transitioning to "Issued", "Denied", or "Failed"'
        found.add(FieldError.unshown("status", said))
    return found.listed()


def _outcome(status: Object) -> str:
    kinds = {one.get("type") for one in items(status, "conditions") if one.get("status") == "True"}
    return next((kind for kind in ("Denied", "Failed", "Issued") if kind in kinds), "")


def _outcomes(found: Findings, path: str, given: list[Object]) -> None:
    count = 0
    for at, condition in enumerate(given):
        # The index is a part of the path here, as upstream has it.
        here, kind = f"{path}.[{at}]", text(condition, "type")
        if kind not in _OUTCOMES:
            found.not_supported(f"{here}.type", kind, _OUTCOMES)
            continue
        count += 1
        if count > 1:
            said = 'There may be at most one condition with type "Issued", "Denied", or "Failed"'
            found.invalid(f"{here}.type", kind, said)
        if condition.get("status") != "True":
            found.not_supported(f"{here}.status", text(condition, "status"), ("True",))


def _issued(spec: Object, status: Object, now: datetime.datetime) -> Iterable[FieldError]:
    """What is wrong with an issued certificate; what comes after the first step that fails is not looked at."""
    chain = text(status, "certificateChain")
    found = Findings()
    if formats.size(chain) > _LARGEST_CHAIN:
        found.too_long(_CHAIN, _LARGEST_CHAIN)
        return found.listed()
    content = list(blocks(chain.encode(errors="replace")))
    if not content:
        said = "issued certificate chain must contain at least one certificate"
        return [FieldError.unshown(_CHAIN, said)]
    if any(block.type != "CERTIFICATE" for block in content):
        said = "issued certificate chain must consist entirely of CERTIFICATE PEM blocks"
        return [FieldError.unshown(_CHAIN, said)]
    try:
        leaf = x509.certificate(content[0].content)
    except x509.UnreadableError:
        return [FieldError.unshown(_CHAIN, "leaf certificate does not parse as valid X.509")]
    for name in leaf.names:
        if not name or ".." in name or name.startswith(".") or name.endswith("."):
            found.invalid(_CHAIN, name, "leaf certificate's DNSName is malformed")
    if not _of_key(spec, leaf):
        said = "leaf certificate was not issued to the requested public key"
        found.add(FieldError.unshown(_CHAIN, said))
    if found.listed():
        return found.listed()
    _times(found, spec, status, leaf, now)
    for block in content[1:] if not found.listed() else ():
        try:
            x509.certificate(block.content)
        except x509.UnreadableError:
            said = "intermediate certificate does not parse as valid X.509"
            return [FieldError.unshown(_CHAIN, said)]
    return found.listed()


def _of_key(spec: Object, leaf: x509.Certificate) -> bool:
    stub = text(spec, "stubPKCS10Request")
    try:
        wanted = (
            x509.request(decoded(stub)).key if stub else x509.public_key(decoded(text(spec, "pkixPublicKey")))
        )
    except x509.UnreadableError:
        return False
    return x509.same_key(wanted, leaf.key)


def _times(
    found: Findings, spec: Object, status: Object, leaf: x509.Certificate, now: datetime.datetime
) -> None:
    told = {field: text(status, field) for field in _TIMES}
    for field, given in told.items():
        if not given:
            found.required(f"status.{field}", "must be present and consistent with the issued certificate")
    if not all(told.values()):
        return
    try:
        start, end, refresh = (time_of(told[field]) for field in _TIMES)
    except ValueError:
        # A year that Go has and Python has not.
        found.invalid("status", told, "the times must be those of the leaf certificate")
        return
    lifetime = leaf.not_after - leaf.not_before
    longest = spec.get("maxExpirationSeconds") or 0
    problem = _time_problem(leaf, _Times(start, end, refresh), longest, now)
    if problem is not None:
        path, said = problem
        value = str(lifetime) if path == "certificateChain" else told[path]
        found.invalid(f"status.{path}", value, said)


def _time_problem(
    leaf: x509.Certificate, times: _Times, longest: int, now: datetime.datetime
) -> tuple[str, str] | None:
    """The first field of the status that is wrong about time, and what must be."""
    start, end, refresh = times
    lifetime = leaf.not_after - leaf.not_before
    checks = (
        (
            "notBefore",
            start != leaf.not_before,
            "must be set to the NotBefore time encoded in the leaf certificate",
        ),
        (
            "notBefore",
            abs(start - now) >= datetime.timedelta(minutes=5),
            "must be set to within 5 minutes of kube-apiserver's current time",
        ),
        (
            "notAfter",
            end != leaf.not_after,
            "must be set to the NotAfter time encoded in the leaf certificate",
        ),
        (
            "certificateChain",
            lifetime < datetime.timedelta(hours=1),
            "leaf certificate lifetime must be >= 1 hour",
        ),
        (
            "certificateChain",
            lifetime > datetime.timedelta(seconds=longest),
            f"leaf certificate lifetime must be <= spec.maxExpirationSeconds ({longest})",
        ),
        ("beginRefreshAt", refresh - start < _MARGIN, "must be at least 10 minutes after status.notBefore"),
        ("beginRefreshAt", end - refresh < _MARGIN, "must be at least 10 minutes before status.notAfter"),
    )
    return next(((path, said) for path, wrong, said in checks if wrong), None)
