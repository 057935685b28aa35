"""The kinds of the group resource.k8s.io. All versions of one resource are one set of objects, kept as v1."""

from __future__ import annotations

import dataclasses
from functools import partial

from drakkar.api import defaults
from drakkar.api.conversion import from_v1beta1, to_v1beta1
from drakkar.apiserver.kinds import device_gates
from drakkar.apiserver.kinds.device_rules import ClaimStrategy, DeviceStrategy, TaintRuleStrategy
from drakkar.apiserver.kinds.kind import Converter, Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Strategy, selectable
from drakkar.apiserver.tables.dra import CLAIMS, SLICES, TAINT_RULES
from drakkar.apiserver.tables.layout import AGED
from drakkar.validation import formats
from drakkar.validation.object_meta import Rules

_GROUP = "resource.k8s.io"
_GOING, _GOING_LATER = "v1.35+, unavailable in v1.38+", "v1.36+, unavailable in v1.39+"
_GOING_LAST = "v1.39+, unavailable in v1.42+"


_CLASSES = DeviceStrategy(
    columns=AGED,
    metadata=Rules(partial(formats.dns_subdomain, declared=True), prefix=False),
    answers_with_object=True,
)
_CLAIMS = ClaimStrategy(
    columns=CLAIMS,
    gated=device_gates.CLAIMS,
    default=defaults.claim,
    status_keeps=OBJECT_METADATA,
    answers_with_object=True,
)
_TEMPLATES = DeviceStrategy(
    columns=AGED,
    gated=device_gates.CLAIM_TEMPLATES,
    default=defaults.claim_template,
    answers_with_object=True,
)
_SLICES = DeviceStrategy(
    columns=SLICES,
    gated=device_gates.SLICES,
    prepare=defaults.slice_taints,
    fields=selectable("spec.nodeName", "spec.driver", "spec.pool.name"),
    answers_with_object=True,
)
_TAINT_RULES = TaintRuleStrategy(
    columns=TAINT_RULES, prepare=defaults.rule_taint, status_keeps=OBJECT_METADATA, needs_version=True
)


def _version(version: str, deprecated: str = "", converter: Converter | None = None) -> tuple[Kind, ...]:
    def kind(
        plural: str,
        name: str,
        strategy: Strategy,
        *,
        namespaced: bool = False,
        status: bool = False,
        generation: bool = False,
    ) -> Kind:
        return Kind(
            _GROUP,
            version,
            plural,
            name,
            namespaced,
            status=status,
            generation=generation,
            deprecated=deprecated,
            strategy=strategy,
            converter=converter,
        )

    kinds = (
        kind("deviceclasses", "DeviceClass", _CLASSES, generation=True),
        kind("resourceclaims", "ResourceClaim", _CLAIMS, namespaced=True, status=True),
        kind("resourceclaimtemplates", "ResourceClaimTemplate", _TEMPLATES, namespaced=True),
        kind("resourceslices", "ResourceSlice", _SLICES, generation=True),
    )
    if version == "v1beta1":
        return kinds
    rules = kind("devicetaintrules", "DeviceTaintRule", _TAINT_RULES, status=True, generation=True)
    # In its older version this one came later, and stays longer.
    rules = dataclasses.replace(rules, deprecated=_GOING_LAST if deprecated else "")
    if deprecated:
        rules = dataclasses.replace(
            rules, strategy=dataclasses.replace(_TAINT_RULES, answers_with_object=True)
        )
    return (kinds[0], rules, *kinds[1:])


KINDS = (
    *_version("v1"),
    *_version("v1beta2", _GOING_LATER),
    *_version("v1beta1", _GOING, Converter(from_v1beta1, to_v1beta1)),
)
