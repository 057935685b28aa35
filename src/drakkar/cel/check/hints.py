"""What may have been meant: a word more for those whose expression is refused or has no answer."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from drakkar.cel.device import DeviceView
from drakkar.cel.types import QUANTITY, Type

_MACROS: Final = ("has", "all", "exists", "exists_one", "map", "filter", "optMap", "optFlatMap", "sortBy")
_ORDERED: Final = frozenset(("_<_", "_<=_", "_>_", "_>=_"))
_COMPARED: Final = frozenset(("_==_", "_!=_", *_ORDERED, "@in"))
_ARITHMETIC: Final = frozenset(("_+_", "_-_", "_*_", "_/_", "_%_"))
_NUMBERS: Final = frozenset(("int", "uint", "double"))
_SEMVER: Final = "kubernetes.Semver"
_MISSING: Final = re.compile(r"no such key: (.*)", re.DOTALL)


def _near(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return found[0] if found else ""


def of_name(name: str, known: Iterable[str]) -> str:
    """For a function or variable that is not there."""
    near = _near(name, (*known, *_MACROS))
    return f"did you mean {near}?" if near else ""


def of_field(field: str, known: Iterable[str]) -> str:
    """For a field that `device` does not have."""
    near = _near(field, known)
    if near:
        return f"did you mean device.{near}?"
    return f"a device has its attributes under a domain: device.attributes['DOMAIN'].{field}"


def of_call(function: str, given: Sequence[Type]) -> str:
    """For a function or operator that takes none of the types it is given."""
    names = {type_.name for type_ in given}
    for name, maker in ((QUANTITY.name, "quantity"), (_SEMVER, "semver")):
        if name not in names or function not in _COMPARED:
            continue
        if "string" in names:
            return f"a text is no {maker}: write {maker}('...') around it"
        if names & _NUMBERS:
            return f"a number is no {maker}: write {maker}('...') with the number as a text"
        if function in _ORDERED:
            return f"a {maker} has no {function.strip('_')}: use a.compareTo(b) {function.strip('_')} 0, or a.isLessThan(b)"
    if function in _ARITHMETIC and len(names) == 2 and names <= _NUMBERS:
        return "numbers of different types are not mixed: convert one, as with int(x), uint(x) or double(x)"
    if function in _COMPARED and "string" in names and names & _NUMBERS:
        return "a text and a number never compare: write the number without quotes, or the text with them"
    return ""


def of_missing(message: str, view: DeviceView) -> str:
    """For a key that a device does not have: what it has instead, and how to ask first."""
    match = _MISSING.fullmatch(message)
    if match is None:
        return ""
    name = match[1]
    for kind, domains in (("attribute", view.attributes), ("capacity", view.capacity)):
        for domain, names in domains.items():
            if name in names:
                return f"the device has {kind} {name} in the domain {domain}"
    near = _near(
        name,
        {
            each
            for domains in (view.attributes, view.capacity)
            for names in domains.values()
            for each in names
        },
    )
    if near:
        return f"did you mean {near}? The device has no {name}"
    return f"not every device has {name}: ask first, as with has(x.{name}) or x.?{name}.orValue(...)"
