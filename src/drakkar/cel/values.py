"""What values do at run time where Python's own rules differ from CEL's: equality, lookup, membership, presence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version
from drakkar.cel.messages import MessageValue
from drakkar.cel.outcome import Fault, LimitExceeded, Panic
from drakkar.cel.typed import TYPED_LISTS, TypedMap

COST_LIMIT: Final = 1_000_000
# No string or list that an expression builds may be longer.
SIZE_LIMIT: Final = 1_000_000
# So many pairs of lists or maps one comparison looks into at most.
_MOST_PAIRS: Final = 250_000
EMPTY: Final[Mapping[str, Any]] = {}


class UInt(int):
    """An unsigned 64-bit integer; it equals the int of the same value."""

    __slots__ = ()


class Optional:
    """A value that may be absent."""

    __slots__ = ("_value", "present")
    cel_type = "optional_type"

    def __init__(self, present: bool, value: object = None) -> None:
        self.present = present
        self._value = value

    @property
    def value(self) -> Any:
        """The value; Fault when there is none."""
        if not self.present:
            raise Fault("optional.none() dereference")
        return self._value


NONE: Final = Optional(False)


class EmptyList(tuple[Any, ...]):
    """An empty list of its own: as a key of a map a list is found by itself alone, and Python has but one `()`."""

    __slots__ = ()


class JoinedList(tuple[Any, ...]):
    """What `+` makes of two lists: two elements that refuse to be compared are an error of its comparison."""

    __slots__ = ()


class PlainList(tuple[Any, ...]):
    """A list of a plain object: its places are whole numbers and nothing that equals one."""

    __slots__ = ()


class PlainMap(dict[str, Any]):
    """A map of a plain object: its keys are texts, and whoever asks for another one is wrong."""

    __slots__ = ()


LISTS: Final = frozenset((tuple, EmptyList, JoinedList, PlainList, *TYPED_LISTS))


def new_list(items: Iterable[Any]) -> tuple[Any, ...]:
    """A list that is no other one, also if it is empty."""
    return tuple([*items]) or EmptyList()


class DeviceMap(dict[str, Any]):
    """A map that was read from the device. Each reading makes another one, and so it does of a list in it."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        found = super().__getitem__(key)
        return new_list(found) if type(found) is tuple else found


class DomainMap(dict[str, Any]):
    """Names by domain: a domain that is not there reads as an empty map, yet is no member."""

    __slots__ = ()

    def __getitem__(self, key: str) -> Any:
        found = self.get(key)
        return EMPTY if found is None else DeviceMap(found)

    def items(self) -> Any:
        """Domains and their names, as reading each gives them."""
        return [(key, self[key]) for key in self]


def bound(value: Any) -> Any:
    """What `cel.bind` gives a name to: upstream makes a list or map anew if it is empty.

    The attributes of a device that has none are then a map like any other, in which no domain is found.
    """
    if type(value) in LISTS:
        return value or EmptyList()
    return {} if isinstance(value, Mapping) and not value else value


_TYPES: Final[dict[type, str]] = {
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null_type",
    **dict.fromkeys(LISTS, "list"),
    dict: "map",
    DeviceMap: "map",
    DomainMap: "map",
    Quantity: "kubernetes.Quantity",
    Version: "kubernetes.Semver",
}
_NUMBERS: Final = frozenset((int, UInt, float))
_PLAIN: Final = frozenset((bool, int, UInt, float, str, bytes, Quantity, Version))


def type_name(value: object) -> str:
    """The name of the type of a value."""
    return str(_TYPES.get(type(value)) or getattr(value, "cel_type", "map"))


def _refuses_others(value: object) -> bool:
    """Whether a value refuses to be compared with those of another type, as all of Kubernetes' own do."""
    return type_name(value).startswith(("kubernetes.", "net."))


def no_overload(name: str, *args: object) -> Fault:
    """The error of a call whose arguments turn out to have the wrong types."""
    return Fault(f"no such overload: {name}({', '.join(map(type_name, args))})")


def equal(left: Any, right: Any) -> bool:
    """`==`: numbers compare across types, other types differ, and Kubernetes' types refuse all but their own."""
    kind, other = type(left), type(right)
    if kind is other and kind in _PLAIN:
        return bool(left == right)
    if left is None or right is None:
        return left is right
    if kind is str:
        return False
    if kind in _NUMBERS:
        if other not in _NUMBERS:
            return False
        # A whole number is rounded to a double before it is compared with one.
        return float(left) == float(right) if float in (kind, other) else bool(left == right)
    if kind in LISTS or kind is Optional or kind is MessageValue or isinstance(left, Mapping):
        return _Comparison().same(left, right)
    if _refuses_others(left):
        # A sum of quantities may stand on the left of `==` and not on its right: upstream's form of it is another type.
        if other is not kind and not (isinstance(left, Quantity) and other is Quantity):
            raise no_overload("_==_", left, right)
        if kind is not Quantity and other is kind and isinstance(left, Quantity):
            raise no_overload("_==_", left, right)
        return bool(left == right)
    return kind is other and bool(left == right)


class _Comparison:
    """One comparison of lists, maps or optionals: parts that stand in both of them again and again are compared once.

    Else `[b, b]` of a `b` that is `[a, a]`, and so on, would take twice as long with each name.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        # By what Python calls the two, which are kept: of another two that come later the names would be the same.
        self._known: dict[tuple[int, int], tuple[Any, Any, bool | Fault]] = {}

    def same(self, left: Any, right: Any) -> bool:
        """Whether two are equal, of which the first has parts."""
        pair = (id(left), id(right))
        known = self._known.get(pair)
        if known is None:
            # An expression within its cost does not make so many lists.
            if len(self._known) >= _MOST_PAIRS:
                raise LimitExceeded
            known = self._known[pair] = (left, right, self._found(left, right))
        answer = known[2]
        if isinstance(answer, Fault):
            raise answer
        return answer

    def _found(self, left: Any, right: Any) -> bool | Fault:
        try:
            return self._same_parts(left, right)
        except Fault as fault:
            return fault

    def _same_parts(self, left: Any, right: Any) -> bool:
        if type(left) is PlainList or type(left) is PlainMap:
            return self._same_plain(left, right)
        if type(left) is TypedMap:
            return left.same(right, self._value)
        if type(left) in LISTS:
            if type(left) in TYPED_LISTS:
                return self._same_typed(left, right)
            if type(right) not in LISTS or len(left) != len(right):
                return False
            if type(left) is JoinedList:
                return self._same_joined(left, right)
            return all(map(self._part, left, right))
        if type(left) is MessageValue:
            return self._same_message(left, right)
        if type(left) is Optional:
            if type(right) is not Optional or not left.present or not right.present:
                return type(right) is Optional and left.present is right.present
            return self._value(left.value, right.value)
        if not isinstance(right, Mapping) or len(left) != len(right):
            return False
        return all(has(right, key) and self._part(left[key], found(right, key)) for key in left)

    def _same_message(self, left: MessageValue, right: Any) -> bool:
        """Of a message: to be equal, all that is in both must be of the same types as well."""
        if type(right) is not MessageValue or left.cel_type != right.cel_type:
            return False
        if left.fields.keys() != right.fields.keys():
            return False
        pairs = [(value, right.fields[name]) for name, value in left.fields.items()]
        return all(type_name(one) == type_name(other) and self._agree(one, other) for one, other in pairs)

    def _same_plain(self, left: Any, right: Any) -> bool:
        """Of a plain object: it refuses to be compared with what has no such parts, and parts that refuse it differ."""
        if type(left) is PlainList:
            if type(right) not in LISTS:
                raise Fault("no such overload")
            return len(left) == len(right) and all(map(self._agree, left, right))
        if not isinstance(right, Mapping):
            raise Fault("no such overload")
        if len(left) != len(right):
            return False
        return all(key in right and self._agree(left[key], right[key]) for key in left)

    def _same_typed(self, left: Any, right: Any) -> bool:
        if type(right) not in LISTS:
            raise Fault("no such overload")
        return bool(left.same(right, self._value))

    def _agree(self, left: Any, right: Any) -> bool:
        try:
            return self._value(left, right)
        except Fault:
            return False

    def _same_joined(self, left: JoinedList, right: tuple[Any, ...]) -> bool:
        fault: Fault | None = None
        for one, other in zip(left, right, strict=True):
            try:
                if not self._value(one, other):
                    return False
            except Fault as error:
                fault = fault or error
        if fault is not None:
            raise fault
        return True

    def _value(self, left: Any, right: Any) -> bool:
        kind = type(left)
        if kind in LISTS or kind is Optional or kind is MessageValue or isinstance(left, Mapping):
            return right is not None and self.same(left, right)
        return equal(left, right)

    def _part(self, left: Any, right: Any) -> bool:
        # Inside a list or map upstream takes two that refuse to be compared for equal.
        try:
            return self._value(left, right)
        except Fault:
            return True


def differ(left: Any, right: Any) -> bool:
    """`!=`: true where `==` refuses to compare."""
    try:
        return not equal(left, right)
    except Fault:
        return True


_GO_TYPES: Final[dict[type, str]] = {bool: "Bool", int: "Int", UInt: "Uint", float: "Double", bytes: "Bytes"}


def no_plain_key(key: Any) -> Fault:
    """The error of a key that no plain object has, in upstream's names for the types of keys."""
    return Fault(f"unsupported map key type: types.{_GO_TYPES.get(type(key), type_name(key))}")


def has(mapping: Mapping[Any, Any], key: Any) -> bool:
    """Whether a key is in a map; a number is the same key in each of its types."""
    if not isinstance(mapping, dict):
        return key in mapping
    kind = type(key)
    if kind is str:
        return key in mapping
    if type(mapping) is PlainMap:
        raise no_plain_key(key)
    # Python takes True for the key 1; CEL does not.
    if kind is bool:
        return any(found is key for found in mapping)
    if kind in _NUMBERS:
        return key in mapping and not any(type(k) is bool and k == key for k in mapping)
    try:
        return key in mapping
    except TypeError:
        return False


def found(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The value of a key that `has` knows."""
    return mapping[key]


def list_index(key: Any) -> int:
    """A number as a place in a list."""
    kind = type(key)
    if kind is not int and kind is not UInt and kind is not float:
        raise Fault(f"unsupported index type '{type_name(key)}' in list")
    if kind is int or (-(2**63) <= key < 2**63 and int(key) == key):
        return int(key)
    raise Fault(f"unsupported index value {key} in list")


def lookup(container: Any, key: Any) -> Any:
    """`container[key]` and `container.key`; an optional that another look-up came upon is not looked into."""
    if type(key) not in _KEYS:
        raise Fault(f"invalid qualifier type: {type_name(key)}")
    kind = type(container)
    if kind is dict or kind is DomainMap or isinstance(container, Mapping):
        if type(key) is str:
            if key in container or kind is DomainMap:
                return container[key]
        elif kind is DomainMap:
            return EMPTY
        elif has(container, key):
            return found(container, key)
        raise Fault(f"no such key: {shown(key)}")
    if kind in LISTS:
        index = list_index(key)
        if kind is PlainList and type(key) is not int:
            raise Fault(f"unsupported index type: types.{_GO_TYPES[type(key)]}")
        if not 0 <= index < len(container):
            raise Fault(f"index out of bounds: {index}")
        return container[index]
    if kind is MessageValue and container.reads(key):
        return container.read(key)
    raise Fault(f"no such key: {shown(key)}")


_KEYS: Final = frozenset((bool, int, UInt, float, str))


def shown(key: Any) -> str:
    """A key as messages show it."""
    if type(key) is bool:
        return "true" if key else "false"
    return str(key) if isinstance(key, str | int | float) else type_name(key)


def optional_lookup(container: Any, key: Any) -> Optional:
    """`container[?key]` and `container.?key`; what follows an optional is optional itself."""
    if type(key) not in _KEYS:
        raise Fault(f"invalid qualifier type: {type_name(key)}")
    if type(container) is Optional:
        return optional_lookup(container.value, key) if container.present else NONE
    if type(container) in LISTS:
        index = list_index(key)
        return Optional(True, container[index]) if 0 <= index < len(container) else NONE
    if type(container) is DomainMap:
        return Optional(True, container.get(key, EMPTY) if type(key) is str else EMPTY)
    if isinstance(container, Mapping) and has(container, key):
        return Optional(True, found(container, key))
    return NONE


def has_field(container: Any, key: str) -> bool:
    """`has(container.key)`: every domain is there."""
    if type(container) is DomainMap:
        return True
    if type(container) is Optional:
        return bool(container.present) and has_field(container.value, key)
    if type(container) in LISTS:
        raise Fault("unsupported index type 'string' in list")
    if type(container) is MessageValue:
        return container.has(key)
    return isinstance(container, Mapping) and key in container


def as_bool(value: Any) -> bool:
    """The operand of a logic operator."""
    if value is True or value is False:
        return value is True
    raise no_overload("a bool is needed", value)


def sized(value: Any) -> Any:
    """The value itself, if it is not too long."""
    if len(value) > SIZE_LIMIT:
        raise LimitExceeded
    return value


def in_set(item: Any, members: frozenset[tuple[bool, Any]]) -> bool:
    """`in` for a list that is the same for every device; what has no hash upstream fails there."""
    kind = type(item)
    if kind in (bytes, Version):
        raise Panic(f"internal error: hash of unhashable type {type_name(item)}")
    return kind in (bool, int, UInt, float, str) and (kind is bool, item) in members
