"""Which of the checked types hold at run time as well.

The checker may take a list of anything for a list of numbers, if that is all that is asked of it; the run-time value need not
know of that. What passed through `dyn` and a type parameter is therefore known to be nothing.
"""

from __future__ import annotations

from typing import Final

from drakkar.cel.declarations import functions
from drakkar.cel.dispatch import BY_VALUE
from drakkar.cel.syntax import Call, Fold, Ident, ListLiteral, Literal, MapLiteral, Node, Select, parts
from drakkar.cel.types import BOOL, DEVICE, DYN, Type

# What all overloads of a function give that give it at all.
_SETTLED: Final = (BOOL,)
_BOOLEAN: Final = frozenset(("all", "exists", "exists_one"))


def settle(tree: Node) -> None:
    """Note on each node what is certain of its type."""
    _Settler().settle(tree)


def _definite(type_: Type) -> bool:
    return type_.kind not in ("dyn", "any", "param", "error", "null") and all(map(_definite, type_.params))


class _Settler:
    def __init__(self) -> None:
        self._scopes: list[tuple[str, bool]] = []

    def settle(self, node: Node) -> bool:
        certain = self._certain(node)
        node.known = node.type if certain else DYN
        return certain

    def _certain(self, node: Node) -> bool:
        match node:
            case Literal():
                return True
            case Ident():
                return self._variable(node)
            case Select():
                certain = self.settle(node.operand)
                return node.test or node.operand.type == DEVICE or (certain and _definite(node.operand.type))
            case Call():
                return self._call(node)
            case ListLiteral() | MapLiteral():
                return all([self.settle(part) and _definite(part.type) for part in parts(node)])
            case Fold():
                return self._fold(node)
        return False

    def _variable(self, node: Ident) -> bool:
        for name, certain in reversed(self._scopes):
            if name == node.name:
                return certain
        return True

    def _call(self, node: Call) -> bool:
        operands = [self.settle(part) and _definite(part.type) for part in node.operands]
        if len(node.overloads) != 1:
            return False
        if node.function == "_?_:_":
            return operands[1] and operands[2] and node.args[1].type == node.args[2].type
        (overload,) = (found for found in functions()[node.function] if found.id == node.overloads[0])
        if all(operands):
            return True
        # Of these the values decide which overload runs, so that the result may be that of another one.
        return _definite(overload.result) and (node.function not in BY_VALUE or overload.result in _SETTLED)

    def _fold(self, node: Fold) -> bool:
        over = self.settle(node.over) and _definite(node.over.type)
        start = self.settle(node.start)
        self._scopes.append((node.accu, start and (node.binds or _definite(node.start.type))))
        names = [node.var] if node.var2 is None else [node.var, node.var2]
        self._scopes.extend((name, over) for name in names)
        loop = all([self.settle(part) for part in (node.condition, node.step)])
        del self._scopes[-len(names) :]
        result = self.settle(node.result)
        self._scopes.pop()
        if node.binds:
            return result
        return node.shape in _BOOLEAN or (over and loop and result)
