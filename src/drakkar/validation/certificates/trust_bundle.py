"""ClusterTrustBundle: its name goes by its signer, and it has certificates of authorities and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.certificates import x509
from drakkar.validation.certificates.pem import Block, blocks
from drakkar.validation.certificates.signer import signer_name
from drakkar.validation.field_error import OMITTED, FieldError, Findings
from drakkar.validation.field_values import mapping, text

_LARGEST = 1024 * 1024


def bundle_problems(bundle: Object) -> list[FieldError]:
    """What is wrong with a bundle, but for its name and what it has in it."""
    found, signer = Findings(), text(mapping(bundle, "spec"), "signerName")
    if signer:
        signer_name(found, "spec.signerName", signer)
    return found.listed()


def name_rule(bundle: Object) -> Callable[[str], list[str]]:
    """How the bundle may be called."""
    signer = text(mapping(bundle, "spec"), "signerName")
    return lambda name: _name_problems(name, signer)


def _name_problems(name: str, signer: str) -> list[str]:
    if not signer:
        if ":" in name:
            return ['ClusterTrustBundle without signer name must not have ":" in its name']
        return formats.dns_subdomain(name)
    prefix = f"{signer.replace('/', ':')}:"
    if not name.startswith(prefix):
        return [f"ClusterTrustBundle for signerName {signer} must be named with prefix {prefix}"]
    return formats.dns_subdomain(name.removeprefix(prefix))


def anchor_problems(bundle: Object) -> list[FieldError]:
    """What is wrong with the certificates of a bundle."""
    found, path = Findings(), "spec.trustBundle"
    given = text(mapping(bundle, "spec"), "trustBundle")
    if formats.size(given) > _LARGEST:
        found.too_long(path, _LARGEST)
        return found.listed()
    places: dict[bytes, list[int]] = {}
    for at, block in enumerate(blocks(given.encode(errors="replace"))):
        wrong = _problem(block)
        if wrong:
            found.invalid(path, OMITTED, f"entry {at} {wrong}")
        else:
            places.setdefault(block.content, []).append(at)
    if found.listed():
        return found.listed()
    if not places:
        found.invalid(path, OMITTED, "at least one trust anchor must be provided")
    for indices in places.values():
        if len(indices) > 1:
            listed = " ".join(map(str, indices))
            found.invalid(path, OMITTED, f"duplicate trust anchor (indices [{listed}])")
    return found.listed()


def _problem(block: Block) -> str:
    if block.type != "CERTIFICATE":
        return f"has bad block type: {block.type}"
    if block.headers:
        return "has PEM block headers"
    try:
        found = x509.certificate(block.content)
    except x509.UnreadableError:
        return "does not parse as X.509"
    return "" if found.authority else "does not have the CA bit set"
