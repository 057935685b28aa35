"""What may have been meant: a word more for those whose expression is refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Final

from drakkar.cel.types import QUANTITY, Type

_MACROS: Final = ("has", "all", "exists", "exists_one", "map", "filter", "optMap", "optFlatMap", "sortBy")
_ORDERED: Final = frozenset(("_<_", "_<=_", "_>_", "_>=_"))
_COMPARED: Final = frozenset(("_==_", "_!=_", *_ORDERED, "@in"))
_ARITHMETIC: Final = frozenset(("_+_", "_-_", "_*_", "_/_", "_%_"))
_NUMBERS: Final = frozenset(("int", "uint", "double"))
_SEMVER: Final = "kubernetes.Semver"


def near(name: str, known: Iterable[str]) -> str:
    """The known name that is most like another one, or none."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return found[0] if found else ""


def of_name(name: str, known: Iterable[str]) -> str:
    """For a function or variable that is not there."""
    meant = near(name, (*known, *_MACROS))
    return f"did you mean {meant}?" if meant else ""


def of_field(field: str, known: Iterable[str]) -> str:
    """For a field that a type does not have."""
    meant = near(field, known)
    return f"did you mean {meant}?" if meant else ""


def of_device_field(field: str, known: Iterable[str]) -> str:
    """For a field that `device` does not have."""
    meant = near(field, known)
    if meant:
        return f"did you mean device.{meant}?"
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
