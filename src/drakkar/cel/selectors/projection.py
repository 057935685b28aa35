"""What of a device an expression reads, so that devices with the same of it need be asked only once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from drakkar.api.quantity import Quantity
from drakkar.cel.device import DeviceView
from drakkar.cel.syntax.tree import Call, Fold, Ident, Literal, Node, Select, parts
from drakkar.cel.values import EMPTY

Path = tuple[str, ...]
_Names = dict[str, "Path | None"]


class Projection(NamedTuple):
    """The parts of a device that decide the answer.

    `attributes` and `capacity` are pairs of domain and identifier; no identifier means all of a domain, no domain all there is.
    """

    driver: bool
    multiple: bool
    attributes: tuple[tuple[str | None, str | None], ...]
    capacity: tuple[tuple[str | None, str | None], ...]

    def key(self, view: DeviceView) -> tuple[Any, ...]:
        """What the expression sees of a device: equal for two devices only if its answer is."""
        return (
            view.broken,
            view.driver if self.driver else None,
            view.allow_multiple_allocations if self.multiple else None,
            *(_seen(view.attributes, *name) for name in self.attributes),
            *(_seen(view.capacity, *name) for name in self.capacity),
        )


_ABSENT: Final = object()


def _kind(value: Any) -> Any:
    # Python holds True and 1 to be equal, a version to be equal to itself with other build metadata, and a quantity to
    # be equal to what upstream keeps in another form, which shows.
    if isinstance(value, Quantity):
        return value.nanos, value.scale
    if isinstance(value, tuple):
        return tuple(map(_kind, value))
    return (type(value), str(value)) if not isinstance(value, str) else value


def _seen(domains: Any, domain: str | None, identifier: str | None) -> Any:
    if domain is None:
        return tuple(sorted((name, _seen(domains, name, None)) for name in domains))
    names = domains.get(domain, EMPTY)
    if identifier is None:
        return tuple(sorted((name, repr(_kind(value))) for name, value in names.items()))
    return _kind(names[identifier]) if identifier in names else _ABSENT


def _step(node: Node) -> tuple[Node, str] | None:
    """The operand and the name, of a selection by a name that the text says."""
    if isinstance(node, Select):
        return node.operand, node.field
    if isinstance(node, Call) and node.function in ("_[_]", "_[?_]", "_?._"):
        key = node.args[1]
        if isinstance(key, Literal) and isinstance(key.value, str):
            return node.args[0], key.value
    return None


def _path(node: Node, names: _Names) -> Path | None:
    steps: list[str] = []
    while (found := _step(node)) is not None:
        node = found[0]
        steps.append(found[1])
    if not isinstance(node, Ident):
        return None
    start = names.get(node.name, ()) if node.name == "device" or node.name in names else None
    return None if start is None else (*start, *reversed(steps))


def _paths(node: Node, names: _Names) -> Iterator[Path]:
    path = _path(node, names)
    if path is not None:
        yield path
        return
    if isinstance(node, Call) and node.function == "@in":
        key, container = node.args
        path = _path(container, names)
        if path is not None and isinstance(key, Literal) and isinstance(key.value, str):
            yield (*path, key.value)
            return
    if not isinstance(node, Fold):
        for part in parts(node):
            yield from _paths(part, names)
        return
    yield from _fold_paths(node, names)


def _fold_paths(node: Fold, names: _Names) -> Iterator[Path]:
    if node.binds:
        bound = _path(node.start, names)
        if bound is None:
            yield from _paths(node.start, names)
        yield from _paths(node.result, {**names, node.accu: bound})
        return
    yield from _paths(node.over, names)
    inner: _Names = {**names, node.var: None, node.accu: None}
    if node.var2 is not None:
        inner[node.var2] = None
    for part in (node.start, node.condition, node.step, node.result):
        yield from _paths(part, inner)


def paths(tree: Node) -> tuple[Path, ...]:
    """The ways from the device that an expression takes, such as `("attributes", "gpu.example.com", "model")`; each once."""
    return tuple(dict.fromkeys(_paths(tree, {})))


def _narrowed(found: list[Path]) -> tuple[tuple[str | None, str | None], ...]:
    names: set[tuple[str | None, str | None]] = set()
    for path in found:
        domain = path[1] if len(path) > 1 else None
        names.add((domain, path[2] if len(path) > 2 else None))
    if (None, None) in names:
        return ((None, None),)
    kept = {name for name in names if name[1] is None or (name[0], None) not in names}
    return tuple(sorted(kept, key=lambda name: (name[0] or "", name[1] or "")))


def projection(tree: Node) -> Projection:
    """What an expression reads, as narrowly as its text tells."""
    found = paths(tree)
    whole = () in found
    by_field: dict[str, list[Path]] = {"attributes": [], "capacity": []}
    for path in found:
        if path and path[0] in by_field:
            by_field[path[0]].append(path)
    fields = {path[0] for path in found if path}
    if whole:
        return Projection(True, True, ((None, None),), ((None, None),))
    return Projection(
        "driver" in fields,
        "allowMultipleAllocations" in fields,
        _narrowed(by_field["attributes"]),
        _narrowed(by_field["capacity"]),
    )
