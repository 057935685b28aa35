"""A new allocation: its results, its configuration and the nodes it is good for (dra-semantics 1.6.3)."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats, names
from drakkar.validation.binding import binding_conditions, skipped_operations
from drakkar.validation.configuration import device_configuration
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text, within
from drakkar.validation.node_selector import node_selector
from drakkar.validation.request_names import reference, references
from drakkar.validation.taints import tolerations

_MOST_RESULTS = 32
_MOST_CONFIGS = 64
_SOURCES = ("FromClaim", "FromClass")


def allocation(found: Findings, path: str, given: Object, known: frozenset[str]) -> None:
    """An allocation of a claim whose requests go by the names `known`."""
    devices = mapping(given, "devices")
    results, configs = items(devices, "results"), items(devices, "config")
    if within(found, f"{path}.devices.results", results, _MOST_RESULTS):
        for at, result in enumerate(results):
            _result(found, f"{path}.devices.results[{at}]", result, known)
    if within(found, f"{path}.devices.config", configs, _MOST_CONFIGS):
        for at, config in enumerate(configs):
            _config(found, f"{path}.devices.config[{at}]", config, known)
    if given.get("nodeSelector") is not None:
        node_selector(found, f"{path}.nodeSelector", given["nodeSelector"])


def _result(found: Findings, path: str, result: Object, known: frozenset[str]) -> None:
    reference(found, f"{path}.request", text(result, "request"), known)
    names.declared_driver(found, f"{path}.driver", text(result, "driver"))
    names.declared_pool(found, f"{path}.pool", text(result, "pool"))
    names.label(found, f"{path}.device", text(result, "device"))
    binding_conditions(found, path, result)
    tolerations(found, f"{path}.tolerations", items(result, "tolerations"))
    share = result.get("shareID")
    if share is not None:
        found.each_invalid(f"{path}.shareID", share, formats.uuid(share), declared=True)
    skipped_operations(found, f"{path}.skipNodeOperations", items(result, "skipNodeOperations"))


def _config(found: Findings, path: str, config: Object, known: frozenset[str]) -> None:
    source = text(config, "source")
    if not source:
        found.required(f"{path}.source", declared=True)
    elif source not in _SOURCES:
        found.not_supported(f"{path}.source", source, _SOURCES, declared=True)
    references(found, f"{path}.requests", items(config, "requests"), known)
    device_configuration(found, path, config)
