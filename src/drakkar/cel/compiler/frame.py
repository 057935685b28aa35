"""What stands around the source of an expression: the names it may use, and the functions it becomes the heart of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from drakkar.cel import values
from drakkar.cel.compiler import loops
from drakkar.cel.device import DeviceView
from drakkar.cel.library.maps import make_plain_map
from drakkar.cel.outcome import Fault

Function = Callable[[DeviceView], Any]
Batch = Callable[[Iterable[DeviceView]], list[Any]]
# The only names of Python's that the source uses.
_BUILTINS: Final[Mapping[str, Any]] = {
    used.__name__: used for used in (Exception, all, any, bool, int, len, str, sum, tuple, type)
}


def _fail() -> Any:
    raise Fault("no such overload")


def _lookup_through(container: Any, key: Any) -> Any:
    if type(container) is values.Optional:
        return values.optional_lookup(container, key)
    return values.lookup(container, key)


def _plain_optional_lookup(container: Any, key: Any) -> values.Optional:
    return _fail() if type(container) is values.Optional else values.optional_lookup(container, key)


def _plain_has_field(container: Any, key: str) -> bool:
    return _fail() if type(container) is values.Optional else values.has_field(container, key)


def _or_value(found: values.Optional, other: Callable[[], Any]) -> Any:
    return found.value if found.present else other()


def _or_optional(found: values.Optional, other: Callable[[], Any]) -> Any:
    return found if found.present else other()


def _present(items: Sequence[tuple[Any, bool]]) -> tuple[Any, ...]:
    made = []
    for value, optional in items:
        if not optional:
            made.append(value)
        elif value.present:
            made.append(value.value)
    return tuple(made)


GIVEN: Final[dict[str, Any]] = {
    name: getattr(values, name)
    for name in (
        *(
            "DomainMap",
            "EMPTY",
            "bound",
            "differ",
            "equal",
            "has_field",
            "in_set",
            "lookup",
            "optional_lookup",
        ),
    )
} | {
    **{
        name: getattr(loops, name) for name in ("every", "some", "one", "mapped", "chosen_mapped", "inserted")
    },
    **{name: getattr(loops, name) for name in ("elements", "rounds", "pairs")},
    "fail": _fail,
    "lookup_through": _lookup_through,
    "make_map": make_plain_map,
    "or_value": _or_value,
    "or_optional": _or_optional,
    "plain_has_field": _plain_has_field,
    "plain_optional_lookup": _plain_optional_lookup,
    "present": _present,
}


_ONE: Final = """\
def matches(device):
    try:
        if device.broken is None:
            {domains}
            if (answer := {source}) is True or answer is False:
                return answer
    except Exception:
        pass
    return exactly(device)
"""
_ALL: Final = """\
def matches_all(devices):
    answers = []
    answered = answers.append
    for device in devices:
        try:
            if device.broken is None:
                {domains}
                if (answer := {source}) is True or answer is False:
                    answered(answer)
                    continue
        except Exception:
            pass
        answered(exactly(device))
    return answers
"""


def framed(
    source: str, domains: Mapping[str, str], names: Mapping[str, Any], exactly: Function
) -> tuple[Function, Batch]:
    """The functions of one device and of many; `exactly` answers where the source raises or gives no bool.

    `domains` are names by the source of what they name; they are set before anything else.
    """
    scope = {**names, "exactly": exactly, "__builtins__": _BUILTINS}
    parts = {
        "source": source,
        "domains": "; ".join(f"{name} = {look}" for look, name in domains.items()) or "pass",
    }

    def matches_all(devices: Iterable[DeviceView]) -> list[Any]:
        # Few are asked of many devices at once, so that this is made when it is first asked for.
        if "matches_all" not in scope:
            exec(compile(_ALL.format(**parts), "<selector>", "exec"), scope)
        return scope["matches_all"](devices)  # type: ignore[no-any-return]

    exec(compile(_ONE.format(**parts), "<selector>", "exec"), scope)
    return scope["matches"], matches_all
