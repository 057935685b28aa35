"""Writes a checked expression down as Python source that answers quickly.

The source uses Python's own operators; where it ends without an error its answer is CEL's. Whatever it raises, and
whatever it cannot say, is left to the interpreter, so that it need not say errors well, nor absorb them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from drakkar.api.semver import Version
from drakkar.cel.compiler.frame import GIVEN, Batch, Function, framed
from drakkar.cel.compiler.logic import LOGIC, terms
from drakkar.cel.compiler.templates import BARE, INLINE, TEMPLATES
from drakkar.cel.library.regex import searcher
from drakkar.cel.library.strings import CHANGES
from drakkar.cel.outcome import TooHard
from drakkar.cel.settle.constants import Constants
from drakkar.cel.settle.dispatch import certain, class_of, code_of, overload_named
from drakkar.cel.syntax.chains import leads_to_optional
from drakkar.cel.syntax.tree import Call, Fold, Ident, ListLiteral, Literal, MapLiteral, Node, Select
from drakkar.cel.types import DEVICE, QUANTITY

_FIELDS: Final = {"driver": "driver", "allowMultipleAllocations": "allow_multiple_allocations"}
_DOMAINS: Final = frozenset(("attributes", "capacity"))
# Types whose values Python compares as CEL does, if both sides have the same one of them.
_PLAIN: Final = frozenset(("bool", "bytes", "int", "string", "uint", "timestamp", "duration"))
_ORDER: Final = {"_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}
_LITERAL_CLASS: Final = {str: "str", int: "int", bool: "bool"}
# Python takes ever longer over functions in functions, and nobody writes so many.
_DEEPEST_FUNCTION: Final = 16
_Written = TypeVar("_Written")
_SIMPLE: Final = re.compile(r"[a-z][0-9]+")


class _Compiler:
    """Writes one expression; `names` collects what the source refers to."""

    def __init__(self, constants: Constants) -> None:
        self.names: dict[str, Any] = dict(GIVEN)
        self._constants = constants
        self._scopes: list[tuple[str, str]] = []
        self._made = 0
        self._functions = 0
        # The domains that are looked up before anything else, by the source of the look-up.
        self.domains: dict[str, str] = {}

    def _fresh(self) -> str:
        self._made += 1
        return f"v{self._made}"

    def _name(self, value: Any) -> str:
        name = f"k{len(self.names)}"
        self.names[name] = value
        return name

    def _known(self, value: Any) -> str:
        if value is None or type(value) in (bool, str):
            return f"({value!r})"
        return f"({value})" if type(value) is int else self._name(value)

    def _within(self, write: Callable[[], _Written]) -> _Written:
        """Write what becomes a function in a function."""
        self._functions += 1
        if self._functions > _DEEPEST_FUNCTION:
            raise TooHard
        written = write()
        self._functions -= 1
        return written

    def source(self, node: Node) -> str:
        """The Python for a node."""
        if self._constants.known(node):
            return self._known(self._constants.value(node))
        match node:
            case Ident():
                return self._ident(node)
            case Select():
                return self._test(node) if node.test else self._chain(node)
            case Call():
                return self._call(node)
            case ListLiteral():
                return self._list(node)
            case MapLiteral():
                entries = (
                    f"({self.source(e.key)}, {self.source(e.value)}, {e.optional})," for e in node.entries
                )
                return f"make_map(({' '.join(entries)}))"
            case Fold():
                return self._bind(node) if node.binds else self._fold(node)
        raise TooHard

    def _ident(self, node: Ident) -> str:
        for name, python in reversed(self._scopes):
            if name == node.name:
                return python
        # The device as a whole is a map that nobody asks for.
        raise TooHard

    def _bool(self, node: Node) -> str:
        source = self.source(node)
        if node.known.kind == "bool":
            return source
        name = self._fresh()
        return f"({name} if ({name} := {source}) is True or {name} is False else fail())"

    def whole(self, node: Node) -> str:
        """The source of an expression; what it ends with need be no bool, for that is asked of the whole."""
        if isinstance(node, Call) and node.function in LOGIC:
            return self._logic(node, self.whole)
        return self.source(node)

    def _logic(self, node: Call, last: Callable[[Node], str]) -> str:
        """A chain of one logic operator as one of Python's; `last` writes what ends it."""
        about = terms(node)
        word, decisive = LOGIC[node.function]
        sources: list[str] = []
        for term in about:
            if not self._constants.known(term) or type(value := self._constants.value(term)) is not bool:
                sources.append(last(term) if term is about[-1] else self._bool(term))
            elif value is decisive:
                sources.append(self._known(value))
                break
        return f"({f' {word} '.join(sources)})" if sources else self._known(not decisive)

    # Selections

    def _is_device(self, node: Node) -> bool:
        return (
            isinstance(node, Ident)
            and node.type == DEVICE
            and (node.name.startswith(".") or all(name != node.name for name, _ in self._scopes))
        )

    def _field(self, node: Node) -> str | None:
        """`device.attributes` or `device.capacity`, as the view has it."""
        if (
            isinstance(node, Select)
            and not node.test
            and node.field in _DOMAINS
            and self._is_device(node.operand)
        ):
            return node.field
        return None

    def _domain(self, node: Node) -> str | None:
        """`device.attributes["domain"]`, where a domain that is not there is an empty map."""
        if isinstance(node, Call) and node.function == "_[_]" and node.args[1].known.kind == "string":
            field = self._field(node.args[0])
            if field is not None:
                if self._constants.known(node.args[1]):
                    return self._hoisted(field, self._constants.value(node.args[1]))
                return f"device.{field}.get({self.source(node.args[1])}, EMPTY)"
        if isinstance(node, Select) and not node.test:
            field = self._field(node.operand)
            if field is not None:
                return self._hoisted(field, node.field)
        return None

    def _hoisted(self, field: str, domain: str) -> str:
        """The name of a domain that is looked up once, before anything else."""
        source = (
            f"device.own_{field} if device.driver == {domain!r} else device.{field}.get({domain!r}, EMPTY)"
        )
        return self.domains.setdefault(source, f"d{len(self.domains)}")

    def _chain(self, node: Node) -> str:
        field = self._field(node)
        if field is not None:
            return f"DomainMap(device.{field})"
        domain = self._domain(node)
        if domain is not None:
            return domain
        if isinstance(node, Select):
            operand, key, optional, string_key = node.operand, repr(node.field), False, True
        else:
            assert isinstance(node, Call)
            operand, key, optional = node.args[0], self.source(node.args[1]), node.function != "_[_]"
            string_key = node.args[1].known.kind == "string"
        if self._is_device(operand):
            return self._device_field(node, optional)
        inside = self.source(operand)
        # Whether an optional is looked into is certain, or else for the interpreter to say.
        through = leads_to_optional(operand)
        if optional:
            return f"{'optional_lookup' if through else 'plain_optional_lookup'}({inside}, {key})"
        known_map = operand.known.kind == "map" or self._domain(operand) is not None
        if known_map and string_key and not inside.startswith("DomainMap("):
            # A key that is missing is a KeyError here, and said properly by the interpreter.
            return f"{inside}[{key}]"
        return f"{'lookup_through' if through else 'lookup'}({inside}, {key})"

    def _device_field(self, node: Node, optional: bool) -> str:
        if not isinstance(node, Select) or optional or node.field not in _FIELDS:
            raise TooHard
        return f"device.{_FIELDS[node.field]}"

    def _test(self, node: Select) -> str:
        if self._is_device(node.operand) or self._field(node.operand) is not None:
            return "True"
        domain = self._domain(node.operand)
        if domain is not None:
            return f"({node.field!r} in {domain})"
        has = "has_field" if leads_to_optional(node.operand) else "plain_has_field"
        return f"{has}({self.source(node.operand)}, {node.field!r})"

    # Calls

    def _call(self, node: Call) -> str:
        match node.function:
            case "_&&_" | "_||_":
                return self._logic(node, self._bool)
            case "_?_:_":
                condition, yes, no = node.args
                return f"({self.source(yes)} if {self._bool(condition)} else {self.source(no)})"
            case "_[_]" | "_[?_]" | "_?._":
                return self._chain(node)
            case "_==_" | "_!=_":
                return self._equality(node)
            case "@in":
                return self._membership(node)
            case "or" | "orValue":
                return self._otherwise(node)
            case "!_":
                return f"(not {self._bool(node.args[0])})"
            case "_<_" | "_<=_" | "_>_" | "_>=_":
                found = self._order(node)
                if found is not None:
                    return found
        return self._plain(node)

    def _literal_class(self, node: Node) -> str | None:
        if not self._constants.known(node):
            return None
        return _LITERAL_CLASS.get(type(self._constants.value(node)))

    def _equality(self, node: Call) -> str:
        left, right = node.args
        operator, slow = ("==", "equal") if node.function == "_==_" else ("!=", "differ")
        first, second = self.source(left), self.source(right)
        if left.known == right.known and left.known.kind in _PLAIN:
            return f"({first} {operator} {second})"
        if left.known == right.known == QUANTITY and self._published(left) and self._published(right):
            return f"({first}.nanos {operator} {second}.nanos)"
        class_ = self._literal_class(right)
        if class_ == "str" and operator == "!=":
            return f"({first} != {second})"
        if class_ is not None and left.known.kind in ("dyn", "any"):
            name = self._fresh()
            return f"({name} {operator} {second} if type({name} := {first}) is {class_} else {slow}({name}, {second}))"
        if self._literal_class(left) == "str":
            return f"({second} {operator} {first})"
        return f"{slow}({first}, {second})"

    def _published(self, node: Node) -> bool:
        """Whether a quantity is no sum, which compares in its own way."""
        return self._constants.known(node) or self._of_domain(node)

    def _of_domain(self, node: Node) -> bool:
        """Whether a value is an attribute or a capacity, by its name in a domain."""
        if isinstance(node, Select):
            return self._domain(node.operand) is not None
        return isinstance(node, Call) and bool(node.args) and self._domain(node.args[0]) is not None

    def _may_be_domains(self, node: Node) -> bool:
        """Whether a value may be all domains of a device, which are another map once they are bound."""
        if node.known.kind not in ("map", "dyn", "any") or self._constants.known(node):
            return False
        return self._domain(node) is None and not self._of_domain(node)

    def _membership(self, node: Call) -> str:
        item, container = node.args
        key = self.source(item)
        if item.known.kind == "string":
            inside = self._field(container) or self._domain(container)
            if inside is not None:
                return f"({key} in {inside})"
        members = self._constants.set_of(node)
        if members is None:
            if container.known.kind == "map" and item.known.kind == "string":
                return f"({key} in {self.source(container)})"
            return self._plain(node)
        kept = self._name(members)
        texts = frozenset(member for _, member in members if type(member) is str)
        if len(texts) < len(members) or item.known.kind not in ("string", "dyn", "any"):
            return f"in_set({key}, {kept})"
        if item.known.kind == "string":
            return f"({key} in {self._name(texts)})"
        name = self._fresh()
        return f"({name} in {self._name(texts)} if type({name} := {key}) is str else in_set({name}, {kept}))"

    def _otherwise(self, node: Call) -> str:
        assert node.target is not None
        target, other = node.target, node.args[0]
        if target.known.name != "optional_type":
            raise TooHard
        if node.function == "orValue" and self._constants.known(other):
            default = self.source(other)
            if isinstance(target, Call) and target.function in ("_?._", "_[?_]"):
                domain = self._domain(target.args[0])
                if domain is not None and target.args[1].known.kind == "string":
                    return f"{domain}.get({self.source(target.args[1])}, {default})"
            name = self._fresh()
            return f"({name}.value if ({name} := {self.source(target)}).present else {default})"
        if node.function == "or" and other.known.name != "optional_type":
            raise TooHard
        helper = "or_value" if node.function == "orValue" else "or_optional"
        late = self._within(lambda: self.source(other))
        return f"{helper}({self.source(target)}, lambda: {late})"

    def _order(self, node: Call) -> str | None:
        left, right = node.args
        operator = _ORDER[node.function]
        compared = self._compared_quantities(left, right, operator)
        if compared is not None:
            return compared
        if left.known == right.known and left.known.kind in _PLAIN:
            return f"({self.source(left)} {operator} {self.source(right)})"
        class_ = self._literal_class(right)
        if class_ in ("int", "str") and left.known.kind in ("dyn", "any"):
            name, second = self._fresh(), self.source(right)
            code = self._name(self._code(node))
            test = f"type({name} := {self.source(left)}) is {class_}"
            return f"({name} {operator} {second} if {test} else {code}({name}, {second}))"
        return None

    def _compared_quantities(self, left: Node, right: Node, operator: str) -> str | None:
        """`a.compareTo(b) >= 0` of two quantities, without the number between."""
        if not isinstance(left, Call) or left.overloads != ("quantity_compare_to",):
            return None
        if not isinstance(right, Literal) or right.kind != "int" or right.value != 0:
            return None
        if any(part.known != QUANTITY for part in left.operands):
            return None
        first, second = map(self._nanos, left.operands)
        return f"({first} {operator} {second})"

    def _nanos(self, node: Node) -> str:
        if self._constants.known(node):
            return str(self._constants.value(node).nanos)
        return f"{self.source(node)}.nanos"

    def _code(self, node: Call) -> Callable[..., Any]:
        return code_of(node.function, node.overloads, [part.known for part in node.operands])

    def _plain(self, node: Call) -> str:
        """A call as a call, with the types of its operands tested where the checker could not know them."""
        if node.function == "includes" and (found := self._includes(node)) is not None:
            return found
        if node.overloads in (("matches",), ("matches_string",)) and self._constants.known(node.operands[1]):
            return self._matches(node)
        sources = [self.source(part) for part in node.operands]
        if len(node.overloads) != 1:
            return f"{self._name(self._code(node))}({', '.join(sources)})"
        overload = overload_named(node.overloads[0])
        # Python's own search takes several texts at once, so that what is searched for must be known to be one.
        if overload.id in BARE and all(part.known.kind != "dyn" for part in node.operands[1:]):
            return self._bare(overload.id, node)
        tests: list[str] = []
        for index, (part, wanted) in enumerate(zip(node.operands, overload.params, strict=True)):
            if certain(part.known, wanted):
                continue
            class_ = class_of(wanted)
            if class_ is None:
                return f"{self._name(self._code(node))}({', '.join(sources)})"
            name = self._fresh()
            tests.append(f"type({name} := {sources[index]}) is {self._name(class_)}")
            sources[index] = name
        template = TEMPLATES.get(overload.id)
        if template is None:
            code = code_of(node.function, node.overloads, overload.params)
            call = f"{self._name(code)}({', '.join(sources)})"
        else:
            call = template.format(*sources)
        return f"({call} if {' and '.join(tests)} else fail())" if tests else call

    def _bare(self, overload: str, node: Call) -> str:
        template = TEMPLATES[overload]
        sources = []
        for index, part in enumerate(node.operands):
            version = self._constants.value(part) if self._constants.known(part) else None
            if type(version) is Version:
                template = template.replace(f"{{{index}}}.order", self._name(version.order))
            sources.append(self.source(part))
        return template.format(*sources)

    def _includes(self, node: Call) -> str | None:
        """`x.includes("a")`, which for a list of anything is what Python's `in` says of a text."""
        target, item = node.operands
        if self._literal_class(item) != "str":
            return None
        name, key = self._fresh(), self.source(item)
        code = self._name(self._code(node))
        return (
            f"({key} in {name} if type({name} := {self.source(target)}) is tuple else {code}({name}, {key}))"
        )

    def _matches(self, node: Call) -> str:
        """A search for a pattern that is the same for every device."""
        text, pattern = node.operands
        change = None
        if isinstance(text, Call) and len(text.overloads) == 1 and text.overloads[0] in CHANGES:
            # What is changed is remembered as it was, so that it is changed once as well.
            change = CHANGES[text.overloads[0]]
            text = text.operands[0]
        search = self._name(searcher(self._constants.value(pattern), change))
        source = self.source(text)
        if text.known.kind == "string":
            return f"{search}({source})"
        name = self._fresh()
        return f"({search}({name}) if type({name} := {source}) is str else fail())"

    # Literals of several parts, and macros

    def _list(self, node: ListLiteral) -> str:
        items = list(map(self.source, node.items))
        if not node.optional:
            return "(" + "".join(f"{item}, " for item in items) + ")"
        pairs = (f"({item}, {index in node.optional}), " for index, item in enumerate(items))
        return f"present(({''.join(pairs)}))"

    def _bind(self, node: Fold) -> str:
        start = self.source(node.start)
        if self._may_be_domains(node.start):
            start = f"bound({start})"
        simple = _SIMPLE.fullmatch(start) is not None
        name = start if simple else self._fresh()
        self._scopes.append((node.accu, name))
        result = self.source(node.result)
        self._scopes.pop()
        if simple:
            return result
        return f"(({name} := {start}), {result})[1]"

    def _some_text(self, node: Fold) -> str | None:
        """`list.exists(x, x == "a")` of an attribute, whose values are all of one type."""
        operand = node.over.operand if isinstance(node.over, Select) and not node.over.test else None
        if (
            node.shape != "exists"
            or node.var2 is not None
            or operand is None
            or self._domain(operand) is None
        ):
            return None
        step = node.step
        assert isinstance(step, Call)
        holds = step.args[1]
        if (
            not isinstance(holds, Call)
            or holds.function != "_==_"
            or self._literal_class(holds.args[1]) != "str"
        ):
            return None
        if not isinstance(holds.args[0], Ident) or holds.args[0].name != node.var:
            return None
        name, text = self._fresh(), self.source(holds.args[1])
        texts = (
            f"type({name} := {self.source(node.over)}) is tuple and (not {name} or type({name}[0]) is str)"
        )
        return f"({text} in {name} if {texts} else fail())"

    def _fold(self, node: Fold) -> str:
        if (found := self._some_text(node)) is not None:
            return found
        over = self.source(node.over)
        names = [(node.var, self._fresh())]
        if node.var2 is not None:
            names.append((node.var2, self._fresh()))
        params = ", ".join(python for _, python in names)
        self._scopes.extend(names)
        helper, sources = self._within(lambda: self._rounds(node))
        del self._scopes[-len(names) :]
        if ":=" not in over and helper in INLINE:
            # Python names nothing within what a comprehension runs over.
            elements = f"{'elements' if node.var2 is None else 'pairs'}({over})"
            return INLINE[helper].format(*sources, loop=f"for {params} in {elements}")
        over = f"{'rounds' if node.var2 is None else 'pairs'}({over})"
        return f"{helper}({over}, {', '.join(f'lambda {params}: {source}' for source in sources)})"

    def _rounds(self, node: Fold) -> tuple[str, list[str]]:
        step = node.step
        assert isinstance(step, Call)
        if node.shape in ("all", "exists"):
            return ("every" if node.shape == "all" else "some"), [self._bool(step.args[1])]
        if node.shape == "exists_one":
            return "one", [self._bool(step.args[0])]
        grown, chosen = step, None
        if step.function == "_?_:_":
            chosen = self._bool(step.args[0])
            found = step.args[1]
            assert isinstance(found, Call)
            grown = found
        rest = [] if chosen is None else [chosen]
        if node.shape in ("map", "filter"):
            item = grown.args[1]
            assert isinstance(item, ListLiteral)
            return ("mapped" if chosen is None else "chosen_mapped"), [self.source(item.items[0]), *rest]
        if len(grown.args) == 3:
            entry = f"make_map((({self.source(grown.args[1])}, {self.source(grown.args[2])}, False), ))"
        else:
            entry = self.source(grown.args[1])
        return "inserted", [entry, *rest]


def compiled(tree: Node, constants: Constants, exactly: Function) -> tuple[Function, Batch]:
    """Functions of a device and of many; `exactly` answers what the quick form leaves open. TooHard where there is none."""
    compiler = _Compiler(constants)
    source = compiler.whole(tree)
    try:
        return framed(source, compiler.domains, compiler.names, exactly)
    except (SyntaxError, MemoryError):
        # Python's own parser stops at fewer brackets in brackets than CEL's.
        raise TooHard from None
