"""The name of a signer: a domain and a path, such as example.com/some-signer."""

from __future__ import annotations

from drakkar.api.names import LONGEST_LABEL, LONGEST_SUBDOMAIN
from drakkar.validation import formats
from drakkar.validation.field_error import Findings

_LONGEST_PATH = LONGEST_SUBDOMAIN + LONGEST_LABEL + 1
_LONGEST = LONGEST_SUBDOMAIN + _LONGEST_PATH + 1


def signer_name(found: Findings, path: str, name: str) -> None:
    """One name, which must be there."""
    if not name:
        found.required(path)
        return
    domain, slash, rest = name.partition("/")
    if not slash or "/" in rest:
        said = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        found.invalid(path, name, said)
        return
    if formats.size(domain) > LONGEST_SUBDOMAIN:
        found.too_long(path, LONGEST_SUBDOMAIN)
    labels = domain.split(".")
    for text, parts, rule in (
        (domain, labels, formats.dns_label),
        (rest, rest.split("."), formats.dns_subdomain),
    ):
        # The first that is wrong is told.
        wrong = next(((part, rule(part)) for part in parts if rule(part)), None)
        if wrong is not None:
            told = [f'validating label "{wrong[0]}": {one}' for one in wrong[1]]
            found.each_invalid(path, text, told)
        if text is domain and len(labels) < 2:
            found.invalid(path, domain, "should be a domain with at least two segments separated by dots")
    if formats.size(name) > _LONGEST:
        found.too_long(path, _LONGEST)


def is_kubernetes(name: str) -> bool:
    """Whether the signer is one of Kubernetes' own."""
    domain = name.partition("/")[0]
    return domain == "kubernetes.io" or domain.endswith(".kubernetes.io")
