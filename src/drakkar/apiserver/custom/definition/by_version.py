"""A definition's spec taken apart as its rules look at it: what all versions have in common stands above them."""

from __future__ import annotations

from typing import Any, NamedTuple

from drakkar.api.object import Object
from drakkar.validation.field_values import same


class Parts(NamedTuple):
    """`versions` are without what stands above them; their common parts are None where they differ."""

    spec: Object
    versions: list[Object]
    schema: Object | None
    subresources: Object | None
    columns: list[Object] | None
    selectable: list[Object] | None

    def schemas(self) -> list[Object]:
        """Every schema that there is."""
        found = [self.schema, *(version.get("schema") for version in self.versions)]
        return [one["openAPIV3Schema"] for one in found if one and one.get("openAPIV3Schema") is not None]

    def has_status(self, version: Object) -> bool:
        """Whether objects of a version have a status apart."""
        found = self.subresources or version.get("subresources") or {}
        return found.get("status") is not None


_COMMON = ("schema", "subresources", "additionalPrinterColumns", "selectableFields")


def parts(spec: Object) -> Parts:
    """The spec of a definition, taken apart."""
    versions: list[Object] = spec.get("versions") or []
    common: dict[str, Any] = {}
    for name in _COMMON:
        if versions and all(same(one.get(name), versions[0].get(name)) for one in versions):
            common[name] = versions[0].get(name)
    apart = [{key: value for key, value in one.items() if key not in common} for one in versions]
    return Parts(
        spec,
        apart,
        common.get("schema"),
        common.get("subresources"),
        common.get("additionalPrinterColumns"),
        common.get("selectableFields"),
    )
