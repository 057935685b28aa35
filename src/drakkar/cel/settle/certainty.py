"""Which of the checked types hold at run time as well.

The checker may take a list of anything for a list of numbers, if that is all that is asked of it; the run-time value need not
know of that. What passed through `dyn` and a type parameter is therefore known to be nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.cel.settle.dispatch import BY_VALUE, overload_named
from drakkar.cel.syntax.tree import (
    Call,
    Fold,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Message,
    Node,
    Select,
    parts,
)
from drakkar.cel.types import BOOL, DYN, Type, list_of, map_of, optional_of

# What all overloads of a function give that give it at all.
_SETTLED: Final = (BOOL,)
_BOOLEAN: Final = frozenset(("all", "exists", "exists_one"))


def settle(tree: Node) -> None:
    """Note on each node what is certain of its type."""
    _Settler().settle(tree)


class _Settler:
    def __init__(self) -> None:
        # Whether the values of a name have the type of the name, for each place that names something so.
        self._locals: dict[str, list[bool]] = {}

    def settle(self, node: Node) -> bool:
        certain = _WAYS[type(node)](self, node)
        node.known = node.type if certain else _outline(node)
        return certain

    def _literal(self, _: Literal) -> bool:
        return True

    def _variable(self, node: Ident) -> bool:
        found = self._locals.get(node.name)
        return found[-1] if found else True

    def _select(self, node: Select) -> bool:
        return self.settle(node.operand) or node.test

    def _all(self, node: Node) -> bool:
        certain = True
        for part in parts(node):
            certain = self.settle(part) and certain
        return certain

    def _call(self, node: Call) -> bool:
        certain = definite = True
        for part in node.operands:
            certain = self.settle(part) and certain
            definite = definite and part.type.definite
        if len(node.overloads) != 1:
            return False
        if node.overloads[0] in ("index_list", "index_map"):
            return node.args[0].known == node.args[0].type
        certain = certain and definite
        if node.function == "_?_:_":
            return certain and node.args[1].type == node.args[2].type
        if certain:
            return True
        # Of some the values decide which overload runs, so that the result may be that of another one.
        result = overload_named(node.overloads[0]).result
        return result.definite and (node.function not in BY_VALUE or result in _SETTLED)

    def _fold(self, node: Fold) -> bool:
        over = self.settle(node.over) and node.over.type.kind in ("list", "map")
        start = self.settle(node.start)
        names = [(node.accu, start and (node.binds or node.start.type.definite)), (node.var, over)]
        if node.var2 is not None:
            names.append((node.var2, over))
        for name, certain in names:
            self._locals.setdefault(name, []).append(certain)
        condition, step = self.settle(node.condition), self.settle(node.step)
        for name, _ in names[1:]:
            self._locals[name].pop()
        result = self.settle(node.result)
        self._locals[node.accu].pop()
        if node.binds:
            return result
        return node.shape in _BOOLEAN or (over and condition and step and result)


_WAYS: Final[Mapping[type[Node], Callable[[_Settler, Any], bool]]] = {
    Literal: _Settler._literal,
    Ident: _Settler._variable,
    Select: _Settler._select,
    Call: _Settler._call,
    ListLiteral: _Settler._all,
    MapLiteral: _Settler._all,
    Message: _Settler._all,
    Fold: _Settler._fold,
}


def _outline(node: Node) -> Type:
    """What is certain at least: that it is a list, a map or an optional, of whatever."""
    match node:
        case ListLiteral():
            return list_of(DYN)
        case MapLiteral():
            return map_of(DYN, DYN)
        case Message():
            return node.type
        case Select() if node.operand.known.name == "optional_type":
            return optional_of(DYN)
        case Fold() if node.shape in ("map", "filter"):
            return list_of(DYN)
        case Call() if node.function == "or" and node.args[0].known.name != "optional_type":
            # Upstream hands on whatever stands there.
            return DYN
        case Call() if len(node.overloads) == 1 and node.function not in BY_VALUE:
            result = overload_named(node.overloads[0]).result
            if result.kind in ("list", "map", "opaque") and node.function not in ("_?_:_", "_[_]"):
                return Type(result.kind, result.name, (DYN,) * len(result.params))
    return DYN
