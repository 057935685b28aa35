"""Attributes and capacities of a device as they are told: those that a selector saw, or that a constraint compares."""

from __future__ import annotations

import json

from drakkar.allocator.device import DeviceEntry
from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version
from drakkar.cel import CompileError, DeviceView
from drakkar.cel import compile as compile_selector
from drakkar.cel.device import Value


def _paths(expression: str) -> tuple[tuple[str, ...], ...]:
    selector = compile_selector(expression)
    return () if isinstance(selector, CompileError) else selector.paths


def shown(value: Value | Quantity) -> str:
    """A value as a user would write it in an expression or a manifest."""
    match value:
        case bool():
            return "true" if value else "false"
        case Quantity():
            return value.format()
        case str():
            return json.dumps(value, ensure_ascii=False)
        case tuple():
            return f"[{', '.join(shown(each) for each in value)}]"
        case Version():
            return str(value)
    return str(value)


def named(domain: str, identifier: str, driver: str) -> str:
    """An attribute's name, with its domain only where that is not the driver's."""
    return identifier if domain == driver else f"{domain}/{identifier}"


def _sight(path: tuple[str, ...], view: DeviceView) -> str | None:
    match path:
        case ("driver",):
            return f"driver is {shown(view.driver)}"
        case ("allowMultipleAllocations",):
            return f"allowMultipleAllocations is {shown(view.allow_multiple_allocations)}"
        case ("attributes" | "capacity" as kind, domain, identifier, *_):
            values = view.attributes if kind == "attributes" else view.capacity
            value = values.get(domain, {}).get(identifier)
            what = named(domain, identifier, view.driver)
            if kind == "capacity":
                what = f"capacity {what}"
            return f"{what} is not published" if value is None else f"{what} is {shown(value)}"
        case ("attributes" | "capacity" as kind, domain):
            values = view.attributes if kind == "attributes" else view.capacity
            names = sorted(values.get(domain, ()))
            return f"{kind} of {domain}: {', '.join(names) if names else 'none'}"
        case ("attributes" | "capacity" as kind,):
            values = view.attributes if kind == "attributes" else view.capacity
            return f"domains with {kind}: {', '.join(sorted(values)) if values else 'none'}"
    return None


def sightings(expression: str, view: DeviceView) -> list[str]:
    """What the expression looks at and what the device has there, such as `model is "A100"`; each once."""
    found = (_sight(path, view) for path in _paths(expression))
    return list(dict.fromkeys(text for text in found if text is not None))


def attribute_text(entry: DeviceEntry, name: str) -> str | None:
    """The value of an attribute that a constraint names, None where the device has none."""
    domain, _, identifier = name.rpartition("/")
    value = entry.view(True).attributes.get(domain, {}).get(identifier)
    return None if value is None else shown(value)


def attribute_name(name: str, driver: str) -> str:
    """A constraint's attribute as the driver's users know it."""
    domain, _, identifier = name.rpartition("/")
    return named(domain, identifier, driver)
