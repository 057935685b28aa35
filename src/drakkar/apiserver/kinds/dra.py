"""The kinds of the group resource.k8s.io. All versions of one resource are one set of objects, kept as v1."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

_GROUP = "resource.k8s.io"
_GOING = "v1.35+, unavailable in v1.38+"


def _version(version: str, deprecated: str = "") -> tuple[Kind, ...]:
    def kind(
        plural: str, name: str, namespaced: bool, status: bool = False, generation: bool = False
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
        )

    kinds = (
        kind("deviceclasses", "DeviceClass", False, generation=True),
        kind("resourceclaims", "ResourceClaim", True, status=True),
        kind("resourceclaimtemplates", "ResourceClaimTemplate", True),
        kind("resourceslices", "ResourceSlice", False, generation=True),
    )
    if version == "v1beta1":
        return kinds
    return (*kinds, kind("devicetaintrules", "DeviceTaintRule", False, status=True, generation=True))


KINDS = (*_version("v1"), *_version("v1beta2", _GOING), *_version("v1beta1", _GOING))
