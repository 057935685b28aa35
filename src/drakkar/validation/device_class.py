"""DeviceClass: selectors, configuration and the resource name it serves (dra-semantics 1.4)."""

from __future__ import annotations

from drakkar.api.features import Features
from drakkar.api.object import Object
from drakkar.validation import names
from drakkar.validation.configuration import device_configuration
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, same, within
from drakkar.validation.selectors import selectors

_MOST_CONFIGS = 32


def device_class(found: Findings, obj: Object, old: Object | None, features: Features) -> None:
    """A new class or an update; a list that stays as it was is held to what held when it was stored."""
    spec = mapping(obj, "spec")
    before = mapping(old, "spec") if old is not None else None
    chosen, configs = items(spec, "selectors"), items(spec, "config")
    stored = before is not None and same(chosen, before.get("selectors"))
    selectors(found, "spec.selectors", chosen, features, stored=stored)
    if within(found, "spec.config", configs, _MOST_CONFIGS):
        stored = before is not None and same(configs, before.get("config"))
        for at, config in enumerate(configs):
            device_configuration(found, f"spec.config[{at}]", config, stored=stored)
    name = spec.get("extendedResourceName")
    if name is not None and not (before is not None and before.get("extendedResourceName") == name):
        names.extended_resource(found, "spec.extendedResourceName", name)
