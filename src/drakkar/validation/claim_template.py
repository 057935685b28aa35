"""ResourceClaimTemplate: a claim's spec with labels and annotations, which do not change (dra-semantics 1.7)."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.features import Features
from drakkar.api.object import Object
from drakkar.validation import formats, internal_form
from drakkar.validation.claim import admin_access, claim_spec
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import mapping, same

_MOST_ANNOTATED = 256 * 1024
_ALLOWED = ("annotations", "labels")


def claim_template(
    found: Findings,
    obj: Object,
    old: Object | None,
    features: Features,
    namespace_labels: Mapping[str, str] | None,
) -> None:
    """A new template, or an update of an old one."""
    spec = mapping(obj, "spec")
    if old is not None:
        if not same(spec, mapping(old, "spec")):
            found.invalid("spec", internal_form.template_spec(spec), "field is immutable")
        return
    claim = mapping(spec, "spec")
    admin_access(found, claim, namespace_labels)
    _metadata(found, "spec.metadata", mapping(spec, "metadata"))
    claim_spec(found, "spec.spec", claim, features)


def _metadata(found: Findings, path: str, metadata: Object) -> None:
    annotations, labels = mapping(metadata, "annotations"), mapping(metadata, "labels")
    for key in annotations:
        found.each_invalid(f"{path}.annotations", key, formats.label_key(key.lower()))
    if (
        sum(formats.size(key) + formats.size(value or "") for key, value in annotations.items())
        > _MOST_ANNOTATED
    ):
        found.too_long(f"{path}.annotations", _MOST_ANNOTATED)
    for key, value in labels.items():
        found.each_invalid(f"{path}.labels", key, formats.label_key(key))
        found.each_invalid(f"{path}.labels", value or "", formats.label_value(value or ""))
    for field, value in metadata.items():
        if field not in _ALLOWED and value:
            found.forbidden(f"{path}.{field}", "cannot be set")
