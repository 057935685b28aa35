"""The names of a custom kind."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings


def required(found: Findings, names: Object, path: str) -> None:
    """The names that must be there."""
    for name in ("plural", "singular", "kind", "listKind"):
        if not names.get(name):
            found.required(f"{path}.{name}")


def check(found: Findings, names: Object, path: str) -> None:
    """How names are formed."""
    for name in ("plural", "singular"):
        _label(found, names.get(name) or "", f"{path}.{name}")
    for name in ("kind", "listKind"):
        given = names.get(name) or ""
        wrong = formats.dns_1035_label(given.lower()) if given else []
        if wrong:
            said = "may have mixed case, but should otherwise match: " + ",".join(wrong)
            found.invalid(f"{path}.{name}", given, said)
    for at, name in enumerate(names.get("shortNames") or ()):
        _label(found, name, f"{path}.shortNames[{at}]", empty=True)
    if names.get("kind") and names["kind"] == names.get("listKind"):
        said = "kind and listKind may not be the same"
        found.invalid(f"{path}.listKind", names["listKind"], said)
    for at, name in enumerate(names.get("categories") or ()):
        _label(found, name, f"{path}.categories[{at}]", empty=True)


def _label(found: Findings, name: str, path: str, empty: bool = False) -> None:
    wrong = formats.dns_1035_label(name) if name or empty else []
    if wrong:
        found.invalid(path, name, ",".join(wrong))
