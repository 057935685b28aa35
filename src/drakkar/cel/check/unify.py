"""Which types fit where: type parameters are bound on the way, and unbound again where a fit fails."""

from __future__ import annotations

import functools

from drakkar.cel.check.effort import Effort
from drakkar.cel.environment.declarations import Overload
from drakkar.cel.types import DYN, Type, is_dyn

NULLABLE = frozenset(("opaque", "struct", "any", "duration", "timestamp"))
SCALAR = frozenset(
    ("bool", "bytes", "double", "int", "string", "uint", "any", "duration", "timestamp", "struct")
)
# Of these only equal kinds may fit each other.
_SOLID = (SCALAR - {"any"}) | {"list", "map", "opaque", "type"}


def apart(left: Type, right: Type) -> bool:
    """Whether two types cannot fit, whatever is bound."""
    return left.kind != right.kind and left.kind in _SOLID and right.kind in _SOLID


class Bindings:
    """What each type parameter of an expression stands for."""

    __slots__ = ("_bound", "_effort", "_fresh", "_trail", "_uses")

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        # By the name of the parameter.
        self._bound: dict[str, Type] = {}
        self._trail: list[tuple[str, Type | None]] = []
        self._fresh = 0
        self._uses: dict[str, int] = {}

    def fresh(self) -> Type:
        """A parameter that nothing else has."""
        made = Type("param", f"_var{self._fresh}")
        self._fresh += 1
        return made

    def instance(self, overload: Overload) -> tuple[tuple[Type, ...], Type]:
        """The parameters and the result of an overload, with type parameters that no other use of it has."""
        if not overload.generic:
            return overload.params, overload.result
        use = self._uses.get(overload.id, 0)
        self._uses[overload.id] = use + 1
        return _instance(overload, use)

    def fits(self, left: Type, right: Type) -> bool:
        """Whether a value of type `left` may stand where `right` is wanted; binds parameters only if so."""
        return left is right or self.all_fit((left,), (right,))

    def all_fit(self, left: tuple[Type, ...], right: tuple[Type, ...]) -> bool:
        """The same of several at once."""
        mark = len(self._trail)
        if self._fit_each(left, right):
            if not mark:
                self._trail.clear()
            return True
        while len(self._trail) > mark:
            param, before = self._trail.pop()
            if before is None:
                del self._bound[param]
            else:
                self._bound[param] = before
        return False

    def resolved(self, type_: Type) -> Type:
        """The type with its bound parameters replaced."""
        if type_.ground:
            return type_
        return self._replaced(type_, {}, None)

    def settled(self, type_: Type, known: dict[Type, Type]) -> Type:
        """The same when nothing will be bound any more: what is unbound is dyn. `known` keeps what was settled before."""
        return self._replaced(type_, known, DYN)

    def _replaced(self, type_: Type, known: dict[Type, Type], unbound: Type | None) -> Type:
        if type_.ground:
            return type_
        bound: Type | None = None
        if type_.kind == "param":
            bound = self._bound.get(type_.name)
            if bound is None:
                return unbound or type_
            if bound.ground:
                return bound
        found = known.get(type_)
        if found is None:
            if bound is not None:
                found = self._replaced(bound, known, unbound)
            else:
                params = tuple([self._replaced(param, known, unbound) for param in type_.params])
                found = Type(type_.kind, type_.name, params)
            known[type_] = found
        return found

    def _bind(self, param: Type, to: Type) -> None:
        self._trail.append((param.name, self._bound.get(param.name)))
        self._bound[param.name] = to

    def _fit_each(self, left: tuple[Type, ...], right: tuple[Type, ...]) -> bool:
        return len(left) == len(right) and all(map(self._fit, left, right))

    def _fit(self, left: Type, right: Type) -> bool:
        if left is right or (left.ground and left == right):
            return True
        if apart(left, right):
            return False
        if right.kind == "param":
            valid, known = self._may_stand_for(left, right)
            if valid or known:
                return valid
        if left.kind == "param":
            return self._may_stand_for(right, left)[0]
        if is_dyn(left) or is_dyn(right) or left.kind == "error" or right.kind == "error":
            return True
        if left.kind == "null" or right.kind == "null":
            other = right if left.kind == "null" else left
            return other.kind in NULLABLE or other.kind == "null"
        if left.kind in SCALAR:
            return left == right
        if left.kind == "type":
            return right.kind == "type"
        if left.kind != right.kind or left.name != right.name:
            return False
        self._effort.spend()
        return self._fit_each(left.params, right.params)

    def _may_stand_for(self, type_: Type, param: Type) -> tuple[bool, bool]:
        """Whether the parameter may be the type, and whether it was bound already."""
        if type_ == param:
            return True, True
        bound = self._bound.get(param.name)
        if bound is not None:
            if type_ == bound:
                return True, True
            if self._fit(type_, bound):
                general = most_general(type_, bound)
                if self._absent(param, general):
                    self._bind(param, general)
                return True, True
            return False, True
        if self._absent(param, type_):
            self._bind(param, type_)
            return True, False
        return False, False

    def _absent(self, param: Type, type_: Type) -> bool:
        """Whether the parameter does not occur in the type; otherwise the binding would have no end."""
        if type_.ground:
            return True
        pending = [type_]
        seen: set[Type] = set()
        while pending:
            inside = pending.pop()
            if inside.ground or inside in seen:
                continue
            seen.add(inside)
            if inside.kind != "param":
                pending += inside.params
            elif inside.name == param.name:
                return False
            elif (bound := self._bound.get(inside.name)) is not None:
                pending.append(bound)
        return True


@functools.lru_cache(maxsize=8192)
def _instance(overload: Overload, use: int) -> tuple[tuple[Type, ...], Type]:
    fresh = {param: Type("param", f"_{param.name}{use}_{overload.id}") for param in overload.generic}
    return tuple(_renamed(param, fresh) for param in overload.params), _renamed(overload.result, fresh)


def _renamed(type_: Type, fresh: dict[Type, Type]) -> Type:
    if type_.ground:
        return type_
    if type_.kind == "param":
        return fresh[type_]
    return Type(type_.kind, type_.name, tuple(_renamed(param, fresh) for param in type_.params))


def most_general(left: Type, right: Type) -> Type:
    """Of two types that fit each other the one that says less."""
    return left if left == right or _says_no_more(left, right) else right


def _says_no_more(left: Type, right: Type) -> bool:
    if is_dyn(left) or left.kind == "param":
        return True
    if is_dyn(right) or right.kind == "param" or left.kind != right.kind:
        return False
    if left.kind in ("opaque", "list", "map"):
        return (
            left.name == right.name
            and len(left.params) == len(right.params)
            and all(map(_says_no_more, left.params, right.params))
        )
    return left.kind == "type" or left == right
