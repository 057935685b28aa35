"""Which names a definition gets, where others of its group may have them."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.object import Object
from drakkar.apiserver.kinds.conditions import condition, with_condition


def named(definition: Object, others: Iterable[Object], now: str) -> Object:
    """The definition with the names that are free for it, and what came of them as conditions; the same one where that is
    what it says already."""
    wanted = definition["spec"]["names"]
    status = definition.get("status") or {}
    accepted: Object = dict(status.get("acceptedNames") or {})
    # A status written by hand may have the names and not say so.
    if _plain(accepted) == _plain(wanted) and condition(definition, "NamesAccepted") is not None:
        return definition
    resources, kinds = _taken(definition, others)
    trouble = ""
    reason = "NoConflicts"
    for name, used, title in (
        ("plural", resources, "Plural"),
        ("singular", resources, "Singular"),
        ("shortNames", resources, "ShortNames"),
        ("kind", kinds, "Kind"),
        ("listKind", kinds, "ListKind"),
    ):
        said = _conflict(wanted.get(name), accepted.get(name), used)
        if said:
            trouble, reason = said, f"{title}Conflict"
        elif wanted.get(name):
            accepted[name] = wanted[name]
        else:
            accepted.pop(name, None)
    if wanted.get("categories"):
        accepted["categories"] = wanted["categories"]
    else:
        accepted.pop("categories", None)
    made = {**definition, "status": {**status, "acceptedNames": accepted}}
    made = _told(made, trouble, reason, now)
    return definition if made["status"] == status else made


def _told(made: Object, trouble: str, reason: str, now: str) -> Object:
    """With the conditions that say what came of the names; one that is established stays so."""
    good = "False" if trouble else "True"
    made = with_condition(made, "NamesAccepted", good, reason, trouble or "no conflicts found", now)
    established = condition(made, "Established")
    if established is not None and established["status"] == "True":
        return made
    if not trouble:
        said = "the initial names have been accepted"
        return with_condition(made, "Established", "False", "Installing", said, now)
    if established is None:
        return with_condition(made, "Established", "False", "NotAccepted", "not all names are accepted", now)
    return made


def _plain(names: Object) -> Object:
    return {key: value for key, value in names.items() if value}


def _taken(definition: Object, others: Iterable[Object]) -> tuple[set[str], set[str]]:
    resources: set[str] = set()
    kinds: set[str] = set()
    for other in others:
        try:
            if other["spec"].get("group") != definition["spec"].get("group"):
                continue
            names = (other.get("status") or {}).get("acceptedNames") or {}
            resources |= {
                names.get("plural") or "",
                names.get("singular") or "",
                *(names.get("shortNames") or ()),
            }
            kinds |= {names.get("kind") or "", names.get("listKind") or ""}
        except (AttributeError, KeyError, TypeError):
            # One that cannot be read has no names.
            continue
    return resources - {""}, kinds - {""}


def _conflict(wanted: str | list[str] | None, accepted: str | list[str] | None, used: set[str]) -> str:
    """What stands against a name, or against some of a list."""
    if wanted == accepted or not wanted:
        return ""
    if isinstance(wanted, str):
        return f'"{wanted}" is already in use' if wanted in used else ""
    mine = accepted if isinstance(accepted, list) else []
    said = [f'"{one}" is already in use' for one in wanted if one not in mine and one in used]
    return said[0] if len(said) == 1 else f"[{', '.join(said)}]" if said else ""
