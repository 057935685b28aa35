"""Checks the tree of an expression and writes it down as Python source.

The source is written twice. The fast form uses Python's own `and` and `or`; where it ends without an error its answer is
CEL's. Only when it fails does the careful form run, in which logic operators absorb errors in either order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from drakkar.cel import functions, loops, optionals, values
from drakkar.cel.outcome import Fault, Refusal
from drakkar.cel.static_types import Type, agree, kind_of, show
from drakkar.cel.syntax import Call, Ident, Index, ListLiteral, Literal, MapLiteral, Node, Select

_ATTRIBUTES: Final = ("map", "string", ("map", "string", "dyn"))
_CAPACITY: Final = ("map", "string", ("map", "string", "quantity"))
_FIELDS: Final[dict[str, tuple[str, Type]]] = {
    "driver": ("driver", "string"),
    "attributes": ("attributes", _ATTRIBUTES),
    "capacity": ("capacity", _CAPACITY),
    "allowMultipleAllocations": ("allow_multiple_allocations", "bool"),
}
_NUMBERS: Final = frozenset(("int", "uint", "double"))
_COMPARISONS: Final = frozenset(("_<_", "_<=_", "_>_", "_>=_"))
_LOOPS: Final[dict[tuple[str, int], tuple[Callable[..., Any], str]]] = {
    ("all", 2): (loops.every, "bool"),
    ("exists", 2): (loops.some, "bool"),
    ("exists_one", 2): (loops.one, "bool"),
    ("filter", 2): (loops.chosen, "same"),
    ("map", 2): (loops.mapped, "list"),
    ("map", 3): (loops.chosen_mapped, "list"),
}
# The macros with two variables: index and element of a list, key and value of a map. The last argument of a
# transformation is the new value, the one before it, if any, the condition.
_PAIR_LOOPS: Final[dict[tuple[str, int], tuple[Callable[..., Any], str]]] = {
    ("all", 3): (loops.every, "bool"),
    ("exists", 3): (loops.some, "bool"),
    ("existsOne", 3): (loops.one, "bool"),
    ("exists_one", 3): (loops.one, "bool"),
    ("transformList", 3): (loops.mapped, "list"),
    ("transformList", 4): (loops.chosen_mapped, "list"),
    ("transformMap", 3): (loops.mapped_values, "map"),
    ("transformMap", 4): (loops.chosen_mapped_values, "map"),
}
_HELPERS: Final[dict[str, Any]] = {
    "EMPTY": values.EMPTY,
    "DomainMap": values.DomainMap,
    "Optional": values.Optional,
    "NONE": values.NONE,
    "equal": values.equal,
    "differ": values.differ,
    "contains": values.contains,
    "lookup": values.lookup,
    "optional_lookup": values.optional_lookup,
    "has_field": values.has_field,
    "as_bool": values.as_bool,
    "conjunction": values.conjunction,
    "disjunction": values.disjunction,
}


class Code(NamedTuple):
    """Python source of one node, its CEL type, and whether it is the same for every device."""

    source: str
    type: Type
    constant: bool = False


def _dispatch(name: str, overloads: Sequence[functions.Overload]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        kinds = tuple(map(values.type_of, args))
        for overload in overloads:
            if all(want in ("dyn", kind) for want, kind in zip(overload.params, kinds, strict=True)):
                return overload.function(*args)
        raise values.no_overload(name, *args)

    return call


class Compiler:
    """Writes one expression; `names` collects what the source refers to."""

    def __init__(self, careful: bool, hidden: frozenset[str] = frozenset()) -> None:
        self.names: dict[str, Any] = dict(_HELPERS)
        self.careful = careful
        self._hidden = hidden
        self._scope: dict[str, Code] = {"device": Code("device", "device")}
        self._nodes = 0
        self._variables = 0

    def expression(self, node: Node) -> str:
        """The source of the whole; Refusal unless it may give a bool."""
        code = self.code(node)
        if code.type not in ("bool", "dyn"):
            raise Refusal("must evaluate to bool or the unknown type, not " + show(code.type), 0)
        return code.source

    def code(self, node: Node) -> Code:
        self._nodes += 1
        match node:
            case Literal():
                return Code(self._keep(node), node.type, True)
            case Ident():
                if node.name not in self._scope:
                    raise Refusal(f"undeclared reference to '{node.name}' (in container '')", node.at)
                return self._scope[node.name]
            case Select():
                return self._select(node)
            case Index():
                return self._index(node)
            case ListLiteral():
                return self._list(node)
            case MapLiteral():
                return self._map(node)
            case Call():
                return self._call(node)

    def _keep(self, node: Literal) -> str:
        if isinstance(node.value, str | bool | None) or node.type == "int":
            return f"({node.value!r})"
        return self._name(values.UInt(node.value) if isinstance(node.value, int) else node.value)

    def _name(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def _bool(self, node: Node, operator: str) -> Code:
        code = self.code(node)
        if code.type == "bool":
            return code
        if code.type != "dyn":
            raise self._no_overload(operator, (code,), node.at)
        return Code(f"as_bool({code.source})", "bool", code.constant)

    @staticmethod
    def _no_overload(name: str, args: Sequence[Code], at: int) -> Refusal:
        types = ", ".join(show(code.type) for code in args)
        return Refusal(f"found no matching overload for '{name}' applied to '({types})'", at)

    # Fields and keys

    def _select(self, node: Select) -> Code:
        operand = self.code(node.operand)
        if operand.type == "device":
            found = self._field(operand, node)
            return (
                Code(f"Optional(True, {found.source})", ("optional", found.type)) if node.optional else found
            )
        if kind_of(operand.type) not in ("map", "optional", "dyn"):
            raise Refusal(f"type '{show(operand.type)}' does not support field selection", node.at)
        return self._member(operand, Code(repr(node.field), "string", True), node.optional)

    def _field(self, device: Code, node: Select) -> Code:
        if node.field not in _FIELDS or node.field in self._hidden:
            raise Refusal(f"undefined field '{node.field}'", node.at)
        name, type_ = _FIELDS[node.field]
        source = f"{device.source}.{name}"
        return Code(f"DomainMap({source})" if kind_of(type_) == "map" else source, type_)

    def _index(self, node: Index) -> Code:
        operand, key = self.code(node.operand), self.code(node.key)
        kind = kind_of(operand.type)
        inner = operand.type[1] if kind == "optional" and isinstance(operand.type, tuple) else operand.type
        if kind_of(inner) not in ("map", "list", "dyn", "optional"):
            raise self._no_overload("_[_]", (operand, key), node.at)
        wanted: Type = "dyn"
        if kind_of(inner) == "list":
            wanted = "int"
        elif isinstance(inner, tuple) and inner[0] == "map":
            wanted = inner[1]
        if not agree(wanted, key.type):
            raise self._no_overload("_[_]", (operand, key), node.at)
        return self._member(operand, key, node.optional)

    def _member(self, operand: Code, key: Code, optional: bool) -> Code:
        type_ = operand.type
        through = kind_of(type_) == "optional"
        if through:
            type_ = type_[1] if isinstance(type_, tuple) else "dyn"
        found: Type = type_[-1] if isinstance(type_, tuple) else "dyn"
        if optional or through:
            return Code(f"optional_lookup({operand.source}, {key.source})", ("optional", found))
        # The common way to an attribute needs no copy of the outer map.
        if operand.type in (_ATTRIBUTES, _CAPACITY) and key.type == "string":
            inner = operand.source.removeprefix("DomainMap")
            if inner != operand.source:
                return Code(f"{inner}.get({key.source}, EMPTY)", found)
        if (
            not self.careful
            and isinstance(type_, tuple)
            and type_[:2] == ("map", "string")
            and key.type == "string"
        ):
            # A key that is missing ends the fast form with Python's KeyError; the careful form then says it properly.
            return Code(f"{operand.source}[{key.source}]", found)
        return Code(f"lookup({operand.source}, {key.source})", found)

    def _has(self, node: Call) -> Code:
        (target,) = node.args if len(node.args) == 1 else (None,)
        if not isinstance(target, Select) or target.optional:
            raise Refusal("invalid argument to has() macro", node.at)
        operand = self.code(target.operand)
        if operand.type == "device":
            self._field(operand, target)
            return Code("True", "bool")
        if kind_of(operand.type) not in ("map", "optional", "dyn"):
            raise Refusal(f"type '{show(operand.type)}' does not support field selection", target.at)
        return Code(f"has_field({operand.source}, {target.field!r})", "bool")

    # Literals of several parts

    def _same(self, codes: Sequence[Code], at: int) -> Type:
        if not codes:
            return "dyn"
        first = codes[0].type
        for code in codes:
            if (code.type == "dyn") is not (first == "dyn") or not agree(first, code.type):
                raise Refusal(f"expected type '{show(first)}' but found '{show(code.type)}'", at)
        return first

    def _list(self, node: ListLiteral) -> Code:
        codes = [self.code(item) for item in node.items]
        type_ = self._same(codes, node.at)
        source = "(" + "".join(f"{code.source}, " for code in codes) + ")"
        return Code(source, ("list", type_), all(code.constant for code in codes))

    def _map(self, node: MapLiteral) -> Code:
        keys = [self.code(key) for key, _ in node.entries]
        found = [self.code(value) for _, value in node.entries]
        key_type, value_type = self._same(keys, node.at), self._same(found, node.at)
        if kind_of(key_type) not in ("bool", "int", "uint", "string", "dyn"):
            raise Refusal(f"unsupported map key type '{show(key_type)}'", node.at)
        pairs = "".join(f"({key.source}, {value.source}), " for key, value in zip(keys, found, strict=True))
        return Code(f"{self._name(_build_map)}(({pairs}))", ("map", key_type, value_type))

    # Calls

    def _call(self, node: Call) -> Code:
        name, args = node.name, node.args
        if node.receiver is None:
            match name:
                case "_&&_" | "_||_":
                    return self._logic(node)
                case "_?_:_":
                    return self._ternary(node)
                case "_==_" | "_!=_":
                    return self._equality(node)
                case "_in_":
                    return self._in(node)
                case "has":
                    return self._has(node)
            return self._function(functions.GLOBAL.get(name), name, args, node.at)
        if isinstance(node.receiver, Ident) and node.receiver.name not in self._scope:
            full = f"{node.receiver.name}.{name}"
            if full == "cel.bind":
                return self._bind(node)
            if full in functions.GLOBAL:
                return self._function(functions.GLOBAL[full], full, args, node.at)
        if (name, len(args)) in _LOOPS:
            return self._loop(node, node.receiver)
        if (name, len(args)) in _PAIR_LOOPS:
            return self._pair_loop(node, node.receiver)
        if name in ("optMap", "optFlatMap") and len(args) == 2:
            return self._optional_map(node, node.receiver)
        if name in ("or", "orValue") and len(args) == 1:
            return self._otherwise(node, node.receiver)
        known = None if name in self._hidden else functions.MEMBER.get(name)
        return self._function(known, name, (node.receiver, *args), node.at)

    def _function(
        self, overloads: list[functions.Overload] | None, name: str, args: Sequence[Node], at: int
    ) -> Code:
        if overloads is None:
            raise Refusal(f"undeclared reference to '{name}' (in container '')", at)
        codes = [self.code(arg) for arg in args]
        fitting = [
            overload
            for overload in overloads
            if len(overload.params) == len(codes)
            and all(agree(want, code.type) for want, code in zip(overload.params, codes, strict=True))
        ]
        if not fitting:
            raise self._no_overload(name, codes, at)
        first = fitting[0]
        sure = len(fitting) == 1 and all(
            want == "dyn" or code.type != "dyn" for want, code in zip(first.params, codes, strict=True)
        )
        result: Type = first.result if all(o.result == first.result for o in fitting) else "dyn"
        if result == "list" and codes and isinstance(codes[0].type, tuple):
            result = codes[0].type
        elif result == "list":
            result = ("list", {"split": "string", "findAll": "string", "lists.range": "int"}.get(name, "dyn"))
        elif result == "optional":
            result = ("optional", codes[0].type if name == "optional.of" else "dyn")
        if sure and name in _COMPARISONS:
            return Code(f"({codes[0].source} {name[1:-1]} {codes[1].source})", "bool")
        self._check_pattern(name, args, at)
        call = self._name(first.function if sure else _dispatch(name, fitting))
        source = f"{call}({', '.join(code.source for code in codes)})"
        if all(code.constant for code in codes):
            return self._folded(source, result)
        return Code(source, result)

    @staticmethod
    def _check_pattern(name: str, args: Sequence[Node], at: int) -> None:
        expression = args[1] if name in ("matches", "find", "findAll") and len(args) > 1 else None
        if isinstance(expression, Literal) and isinstance(expression.value, str):
            try:
                functions.pattern(expression.value)
            except Fault as fault:
                raise Refusal(str(fault), at) from None

    def _folded(self, source: str, type_: Type) -> Code:
        # What does not depend on the device is worked out once; if it fails, it is to fail when it is needed.
        try:
            value = eval(source, {"__builtins__": {}, **self.names})
        except Exception:
            return Code(source, type_)
        return Code(self._name(value), type_, True)

    def _operands(self, node: Node, name: str) -> list[Node]:
        # A long chain leans to the left; without recursion it may be as long as it likes.
        found: list[Node] = []
        stack = [node]
        while stack:
            top = stack.pop()
            if isinstance(top, Call) and top.receiver is None and top.name == name:
                stack.extend(reversed(top.args))
            else:
                found.append(top)
        return found

    def _logic(self, node: Call) -> Code:
        codes = [self._bool(operand, node.name) for operand in self._operands(node, node.name)]
        both = node.name == "_&&_"
        if self.careful:
            lambdas = ", ".join(f"lambda: {code.source}" for code in codes)
            return Code(f"{'conjunction' if both else 'disjunction'}({lambdas})", "bool")
        return Code("(" + (" and " if both else " or ").join(code.source for code in codes) + ")", "bool")

    def _ternary(self, node: Call) -> Code:
        condition = self._bool(node.args[0], node.name)
        yes, no = self.code(node.args[1]), self.code(node.args[2])
        if not agree(yes.type, no.type):
            raise self._no_overload(node.name, (condition, yes, no), node.at)
        type_ = yes.type if yes.type == no.type else "dyn"
        return Code(f"({yes.source} if {condition.source} else {no.source})", type_)

    def _equality(self, node: Call) -> Code:
        left, right = self.code(node.args[0]), self.code(node.args[1])
        if not agree(left.type, right.type):
            raise self._no_overload(node.name, (left, right), node.at)
        if left.type == right.type and left.type in ("string", "int", "bool", "quantity", "semver"):
            return Code(f"({left.source} {node.name[1:-1]} {right.source})", "bool")
        return Code(f"{'equal' if node.name == '_==_' else 'differ'}({left.source}, {right.source})", "bool")

    def _in(self, node: Call) -> Code:
        item, collection = self.code(node.args[0]), self.code(node.args[1])
        type_ = collection.type
        if kind_of(type_) not in ("list", "map", "dyn") or (
            isinstance(type_, tuple) and not agree(item.type, type_[1])
        ):
            raise self._no_overload("@in", (item, collection), node.at)
        return Code(f"contains({item.source}, {collection.source})", "bool")

    # Macros that bring a variable

    def _variable(self, node: Node) -> str:
        if not isinstance(node, Ident):
            raise Refusal("argument must be a simple name", node.at)
        return node.name

    def _within(self, name: str, type_: Type, write: Callable[[], Code]) -> tuple[str, Code]:
        self._variables += 1
        parameter = f"v{self._variables}"
        shadowed = self._scope.get(name)
        self._scope[name] = Code(parameter, type_)
        code = write()
        if shadowed is None:
            del self._scope[name]
        else:
            self._scope[name] = shadowed
        return f"(lambda {parameter}: {code.source})", code

    def _loop(self, node: Call, over: Node) -> Code:
        loop, result = _LOOPS[(node.name, len(node.args))]
        collection = self.code(over)
        type_ = collection.type
        if kind_of(type_) not in ("list", "map", "dyn"):
            raise Refusal(f"expression of type '{show(type_)}' cannot be range of a comprehension", over.at)
        element: Type = type_[1] if isinstance(type_, tuple) else "dyn"
        name = self._variable(node.args[0])
        before = self._nodes
        bodies: list[str] = []
        last = Code("", "dyn")
        for at, body in enumerate(node.args[1:], 1):
            free = node.name == "map" and at == len(node.args) - 1
            write = (lambda b=body: self.code(b)) if free else (lambda b=body: self._bool(b, node.name))
            source, last = self._within(name, element, write)
            bodies.append(source)
        cost = self._nodes - before + 1
        found: Type = result
        if result != "bool":
            found = ("list", element if result == "same" else last.type)
        call = f"{self._name(loop)}(budget, {cost}, {collection.source}, {', '.join(bodies)})"
        return Code(call, found)

    def _pair_loop(self, node: Call, over: Node) -> Code:
        loop, result = _PAIR_LOOPS[(node.name, len(node.args))]
        collection = self.code(over)
        type_ = collection.type
        if kind_of(type_) not in ("list", "map", "dyn"):
            raise Refusal(f"expression of type '{show(type_)}' cannot be range of a comprehension", over.at)
        element: Type = type_[-1] if isinstance(type_, tuple) else "dyn"
        key: Type = "int" if kind_of(type_) == "list" else type_[1] if isinstance(type_, tuple) else "dyn"
        first, second = self._variable(node.args[0]), self._variable(node.args[1])
        if first == second:
            raise Refusal("the two variables of a comprehension need different names", node.at)
        before = self._nodes
        bodies: list[str] = []
        last = Code("", "dyn")
        for at, body in enumerate(node.args[2:], 3):
            free = result != "bool" and at == len(node.args)
            write = (lambda b=body: self.code(b)) if free else (lambda b=body: self._bool(b, node.name))
            inner: list[Code] = []

            def both(write: Callable[[], Code] = write, inner: list[Code] = inner) -> Code:
                source, code = self._within(second, element, write)
                inner.append(code)
                return Code(source, "dyn")

            source, _ = self._within(first, key, both)
            bodies.append(f"(lambda pair: {source}(pair[0])(pair[1]))")
            last = inner[0]
        cost = self._nodes - before + 1
        found: Type = result
        if result != "bool":
            found = ("list", last.type) if result == "list" else ("map", key, last.type)
        pairs = f"{self._name(loops.pairs)}({collection.source})"
        return Code(f"{self._name(loop)}(budget, {cost}, {pairs}, {', '.join(bodies)})", found)

    def _bind(self, node: Call) -> Code:
        if len(node.args) != 3:
            raise self._no_overload("cel.bind", (), node.at)
        value = self.code(node.args[1])
        body, code = self._within(self._variable(node.args[0]), value.type, lambda: self.code(node.args[2]))
        return Code(f"{body}({value.source})", code.type)

    def _optional(self, receiver: Node, name: str) -> tuple[str, Type]:
        operand = self.code(receiver)
        if kind_of(operand.type) not in ("optional", "dyn"):
            raise self._no_overload(name, (operand,), receiver.at)
        inner: Type = operand.type[1] if isinstance(operand.type, tuple) else "dyn"
        return operand.source, inner

    def _optional_map(self, node: Call, receiver: Node) -> Code:
        source, inner = self._optional(receiver, node.name)
        body, code = self._within(self._variable(node.args[0]), inner, lambda: self.code(node.args[1]))
        flat = node.name == "optFlatMap"
        if flat and kind_of(code.type) not in ("optional", "dyn"):
            raise self._no_overload(node.name, (code,), node.at)
        return Code(
            f"{self._name(optionals.flat_mapped if flat else optionals.mapped)}({source}, {body})",
            code.type if flat else ("optional", code.type),
        )

    def _otherwise(self, node: Call, receiver: Node) -> Code:
        source, inner = self._optional(receiver, node.name)
        other = self.code(node.args[0])
        whole: Type = inner if node.name == "orValue" else ("optional", inner)
        if not agree(whole, other.type):
            raise self._no_overload(node.name, (Code("", ("optional", inner)), other), node.at)
        type_ = whole if whole == other.type else "dyn"
        helper = optionals.or_value if node.name == "orValue" else optionals.or_optional
        return Code(f"{self._name(helper)}({source}, lambda: {other.source})", type_)


def _build_map(pairs: tuple[tuple[Any, Any], ...]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in pairs:
        if type(key) not in (bool, int, values.UInt, str):
            raise Fault(f"unsupported key type: {values.type_of(key)}")
        if key in found:
            raise Fault(f"Failed with repeated key: {key}")
        found[key] = value
    return found
