"""What a selector saw of a device: the attributes and capacities that its expression names, with the device's values."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version
from drakkar.cel import DeviceView
from drakkar.cel.device import Value
from drakkar.cel.outcome import Refusal
from drakkar.cel.parser import parse
from drakkar.cel.syntax import Call, Ident, Index, ListLiteral, Literal, MapLiteral, Node, Select

Path = tuple[str, ...]


def _path(node: Node) -> Path | None:
    """`device.attributes["d"].x` as its parts behind `device`; None for any other expression."""
    parts: list[str] = []
    while True:
        match node:
            case Ident(name="device"):
                return tuple(reversed(parts))
            case Select(operand=operand, field=name):
                parts.append(name)
                node = operand
            case Index(operand=operand, key=Literal(value=str(name))):
                parts.append(name)
                node = operand
            case _:
                return None


def _inner(node: Node) -> Iterator[Node]:
    match node:
        case Select(operand=operand):
            yield operand
        case Index(operand=operand, key=key):
            yield operand
            yield key
        case Call(receiver=receiver, args=args):
            if receiver is not None:
                yield receiver
            yield from args
        case ListLiteral(items=items):
            yield from items
        case MapLiteral(entries=entries):
            for key, value in entries:
                yield key
                yield value


@functools.lru_cache(maxsize=1024)
def _paths(expression: str) -> tuple[Path, ...]:
    try:
        waiting = [parse(expression)]
    except (Refusal, RecursionError):
        return ()
    found: dict[Path, None] = {}
    while waiting:
        node = waiting.pop()
        path = _path(node)
        if path is None:
            waiting += reversed(list(_inner(node)))
        elif path:
            found[path] = None
    return tuple(found)


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


def _sight(path: Path, view: DeviceView) -> str | None:
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
