"""The claims that a pod names."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import mapping, text

_MIRROR = "kubernetes.io/config.mirror"
_SOURCES = ("resourceClaimName", "resourceClaimTemplateName")
_INTERNAL = ("Name", "ResourceClaimName", "ResourceClaimTemplateName")


def resource_claims(found: Findings, path: str, claims: list[Object], meta: Object | None) -> None:
    """Each has a name of its own and one source."""
    seen: set[str] = set()
    static = _MIRROR in mapping(meta or {}, "annotations")
    for at, claim in enumerate(claims):
        if static:
            # As Go shows a path without a name.
            found.forbidden("[]", "static pods do not support resource claims")
            continue
        here, name = f"{path}[{at}]", text(claim, "name")
        if not name:
            found.required(f"{here}.name")
        elif name in seen:
            found.duplicate(f"{here}.name", name)
        else:
            found.each_invalid(f"{here}.name", name, formats.dns_label(name))
            seen.add(name)
        given = [source for source in _SOURCES if claim.get(source) is not None]
        shown = dict(zip(_INTERNAL, (name, *(claim.get(source) for source in _SOURCES)), strict=True))
        listed = ("`resourceClaimName`", "`resourceClaimTemplateName`")
        if len(given) > 1:
            found.invalid(here, shown, f"at most one of {' or '.join(listed)} may be specified")
        if not given:
            found.invalid(here, shown, f"must specify one of: {', '.join(listed)}")
        for source in given:
            found.each_invalid(f"{here}.{source}", claim[source], formats.dns_subdomain(claim[source]))
