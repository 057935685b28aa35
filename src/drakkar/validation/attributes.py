"""Attributes of devices: one value, or one list of values, of one type (dra-semantics 1.1.4, 1.1.5, 1.3.10)."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.semver import Version, VersionError
from drakkar.validation import formats, internal_form, names
from drakkar.validation.field_error import Findings

_LONGEST = 64
_SCALARS = ("int", "bool", "string", "version")
_LISTS = ("ints", "bools", "strings", "versions")
_LISTED = frozenset(_LISTS)
_LONGEST_KEY_SHOWN = 63 + 1 + 32


def shown_key(key: str, longest: int = _LONGEST_KEY_SHOWN) -> str:
    """A key in a path, with its middle left out if it is longer than any legal key."""
    if formats.size(key) <= longest:
        return key
    room = longest - len("...")
    return f"{key[: (room + 1) // 2]}...{key[-(room // 2) :]}"


def attributes(found: Findings, path: str, given: Object) -> None:
    """All attributes of a device."""
    for key, attribute in given.items():
        names.qualified(found, path, key)
        if _is_plain(attribute):
            continue
        _attribute(found, f"{path}[{shown_key(key)}]", attribute or {})


def _is_plain(attribute: Object | None) -> bool:
    """Whether there is certainly nothing to say about it: one value, of a type that has no bounds or within them."""
    if not attribute or len(attribute) != 1:
        return False
    ((kind, value),) = attribute.items()
    if kind == "string":
        return type(value) is str and len(value) <= _LONGEST and value.isascii()
    return kind in ("int", "bool") and value is not None


def count_values(given: Object) -> int:
    """The number of values, those in lists counted one by one; an attribute without a list counts once."""
    return sum(
        1 if _LISTED.isdisjoint(one) else sum(len(one.get(kind) or ()) for kind in _LISTS) or 1
        for one in map(_present, given.values())
    )


def _present(attribute: Object | None) -> Object:
    return attribute or {}


def has_list(given: Object) -> bool:
    """Whether any attribute is a list, be it an empty one."""
    return any(
        not _LISTED.isdisjoint(one) and any(one.get(kind) is not None for kind in _LISTS)
        for one in map(_present, given.values())
    )


def _attribute(found: Findings, path: str, attribute: Object) -> None:
    given = [kind for kind in (*_SCALARS, *_LISTS) if attribute.get(kind) is not None]
    if "string" in given:
        _string(found, f"{path}.string", attribute["string"])
    if "version" in given:
        _version(found, f"{path}.version", attribute["version"])
    for kind in ("bools", "ints", "strings", "versions"):
        if attribute.get(kind) == []:
            found.invalid(f"{path}.{kind}", [], "must not be empty if specified")
    for at, value in enumerate(attribute.get("strings") or ()):
        _string(found, f"{path}.strings[{at}]", value)
    for at, value in enumerate(attribute.get("versions") or ()):
        _version(found, f"{path}.versions[{at}]", value)
    _one_of(found, path, attribute, given)


def _one_of(found: Findings, path: str, attribute: Object, given: list[str]) -> None:
    # The declared rule takes an empty list for none, the one by hand does not.
    chosen = [kind for kind in given if attribute[kind] != []]
    if len(chosen) != 1 and not found.unchanged:
        listed = ", ".join(f"`{kind}`" for kind in (*_SCALARS, *_LISTS))
        if chosen:
            said = f"must specify exactly one of: {listed}"
            found.invalid(path, f"{{{', '.join(chosen)}}}", said, declared=True)
        else:
            found.invalid(path, "", f"must specify one of: {listed}", declared=True)
    elif len(given) != 1:
        value = internal_form.device_attribute(attribute) if given else ""
        found.invalid(path, value, "exactly one value must be specified")


def _string(found: Findings, path: str, value: str) -> None:
    if formats.size(value) > _LONGEST:
        found.too_long(path, _LONGEST)


def _version(found: Findings, path: str, value: str) -> None:
    if not _is_version(value):
        found.invalid(path, value, "must be a string compatible with semver.org spec 2.0.0")
    if formats.size(value) > _LONGEST:
        found.too_long(path, _LONGEST)


def _is_version(value: str) -> bool:
    try:
        Version.parse(value)
    except VersionError:
        return False
    return True
