"""Which of the checked types hold at run time as well.

The checker may take a list of anything for a list of numbers, if that is all that is asked of it; the run-time value need not
know of that. What passed through `dyn` and a type parameter is therefore known to be nothing.
"""

from __future__ import annotations

from typing import Final

from drakkar.cel.dispatch import BY_VALUE, overload_named
from drakkar.cel.syntax import Call, Fold, Ident, ListLiteral, Literal, MapLiteral, Node, Select, parts
from drakkar.cel.types import BOOL, DYN, Type, list_of, map_of, optional_of

# What all overloads of a function give that give it at all.
_SETTLED: Final = (BOOL,)
_BOOLEAN: Final = frozenset(("all", "exists", "exists_one"))


def settle(tree: Node) -> None:
    """Note on each node what is certain of its type."""
    _Settler().settle(tree)


class _Settler:
    def __init__(self) -> None:
        self._scopes: list[tuple[str, bool]] = []

    def settle(self, node: Node) -> bool:
        certain = self._certain(node)
        node.known = node.type if certain else _outline(node)
        return certain

    def _certain(self, node: Node) -> bool:
        if isinstance(node, Literal):
            return True
        if isinstance(node, Ident):
            return self._variable(node)
        if isinstance(node, Call):
            return self._call(node)
        if isinstance(node, Select):
            return self.settle(node.operand) or node.test
        if isinstance(node, Fold):
            return self._fold(node)
        certain = True
        for part in parts(node):
            certain = self.settle(part) and certain
        return certain

    def _variable(self, node: Ident) -> bool:
        for name, certain in reversed(self._scopes):
            if name == node.name:
                return certain
        return True

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
        self._scopes.append((node.accu, start and (node.binds or node.start.type.definite)))
        names = [node.var] if node.var2 is None else [node.var, node.var2]
        self._scopes.extend((name, over) for name in names)
        loop = all([self.settle(part) for part in (node.condition, node.step)])
        del self._scopes[-len(names) :]
        result = self.settle(node.result)
        self._scopes.pop()
        if node.binds:
            return result
        return node.shape in _BOOLEAN or (over and loop and result)


def _outline(node: Node) -> Type:
    """What is certain at least: that it is a list, a map or an optional, of whatever."""
    match node:
        case ListLiteral():
            return list_of(DYN)
        case MapLiteral():
            return map_of(DYN, DYN)
        case Select() if node.operand.known.name == "optional_type":
            return optional_of(DYN)
        case Fold() if node.shape in ("map", "filter"):
            return list_of(DYN)
        case Call() if len(node.overloads) == 1 and node.function not in BY_VALUE:
            result = overload_named(node.overloads[0]).result
            if result.kind in ("list", "map", "opaque") and node.function not in ("_?_:_", "_[_]"):
                return Type(result.kind, result.name, (DYN,) * len(result.params))
    return DYN
