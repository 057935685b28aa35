"""PersistentVolumeClaims, also those inside templates."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.quantity import NANO, Quantity
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import immutable, mapping, same, text
from drakkar.validation.pod.label_selector import label_selector
from drakkar.validation.storage.access import (
    STORAGE_CLASS,
    access_modes,
    class_name,
    more_than_nothing,
    volume_mode,
)

_OWN_KIND = "PersistentVolumeClaim"
_CHANGED = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"


def claim_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a PersistentVolumeClaim."""
    found = Findings()
    claim_spec(found, "spec", mapping(obj, "spec"))
    return found.listed()


def claim_spec(found: Findings, path: str, spec: Object) -> None:
    """The spec of a claim."""
    access_modes(found, f"{path}.accessModes", spec, "at least 1 access mode is required")
    label_selector(found, f"{path}.selector", spec.get("selector"))
    asked, here = mapping(mapping(spec, "resources"), "requests").get("storage"), f"{path}.resources[storage]"
    if asked is None:
        found.required(here)
    else:
        more_than_nothing(found, here, Quantity.parse(asked))
    class_name(found, f"{path}.storageClassName", spec.get("storageClassName"))
    volume_mode(found, f"{path}.volumeMode", spec.get("volumeMode"))
    _sources(found, path, spec)
    class_name(found, f"{path}.volumeAttributesClassName", spec.get("volumeAttributesClassName"))


def _sources(found: Findings, path: str, spec: Object) -> None:
    """What the volume is filled from, which two fields may say."""
    old, new = spec.get("dataSource"), spec.get("dataSourceRef")
    if old is not None:
        _source(found, f"{path}.dataSource", old)
    if new is not None:
        _source(found, f"{path}.dataSourceRef", new)
        home = text(new, "namespace")
        if home:
            found.each_invalid(f"{path}.dataSourceRef.namespace", home, formats.dns_label(home))
    if old is None or new is None:
        return
    # What is shown here is a path as Go has it inside, of which nothing can be seen.
    if text(new, "namespace"):
        found.invalid(path, {}, "may not be specified when dataSourceRef.namespace is specified")
    elif any(old.get(field) != new.get(field) for field in ("apiGroup", "kind", "name")):
        found.invalid(path, {}, "must match dataSourceRef")


def _source(found: Findings, path: str, source: Object) -> None:
    group, kind = text(source, "apiGroup"), text(source, "kind")
    for field in ("name", "kind"):
        if not text(source, field):
            found.required(f"{path}.{field}")
    if not group and kind != _OWN_KIND:
        said = f"must be '{_OWN_KIND}' when referencing the default apiGroup"
        found.invalid(path, kind, said)
    if group:
        found.each_invalid(f"{path}.apiGroup", group, formats.dns_subdomain(group))


def claim_changes(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with a claim in place of `old`: of a bound one the size may grow, and little else may change."""
    found = Findings()
    before, after = dict(mapping(old, "spec")), dict(mapping(new, "spec"))
    notes = [mapping(mapping(obj, "metadata"), "annotations") for obj in (old, new)]
    if not text(before, "volumeName"):
        before["volumeName"] = after.get("volumeName")
    if before.get("storageClassName") is None and _may_name_class(notes, after):
        before["storageClassName"] = after.get("storageClassName")
    elif notes[0].get(STORAGE_CLASS) != notes[1].get(STORAGE_CLASS):
        here = f"metadata.annotations.{STORAGE_CLASS}"
        found.invalid(here, notes[1].get(STORAGE_CLASS, ""), "field is immutable")
    sizes = [mapping(mapping(spec, "resources"), "requests").get("storage") for spec in (before, after)]
    if text(mapping(new, "status"), "phase") == "Bound":
        after["volumeAttributesClassName"] = before.get("volumeAttributesClassName")
        resources = mapping(after, "resources")
        kept = {**mapping(resources, "requests"), "storage": sizes[0]}
        after["resources"] = {**resources, "requests": kept}
    if not same(before, after):
        found.forbidden("spec", _CHANGED)
    _size(found, sizes, mapping(mapping(old, "status"), "capacity").get("storage"))
    immutable(found, "volumeMode", after.get("volumeMode"), before.get("volumeMode"))
    if mapping(old, "status").get("currentVolumeAttributesClassName") is not None:
        _kept_attributes(found, mapping(new, "spec").get("volumeAttributesClassName"))
    return found.listed()


def _may_name_class(notes: list[Object], spec: Object) -> bool:
    """Of a claim that has no class yet one may be named, the one that its annotation names, if it has that."""
    name = spec.get("storageClassName")
    return name is not None and notes[0].get(STORAGE_CLASS) in (None, name)


def _size(found: Findings, sizes: list[str | None], given: str | None) -> None:
    old, new, has = (Quantity.parse(one or "0") for one in (*sizes, given))
    if new < old and not has < new:
        said = "field can not be less than status.capacity"
        found.forbidden("spec.resources.requests.storage", said)


def _kept_attributes(found: Findings, name: str | None) -> None:
    if not name:
        what = "nil" if name is None else "empty string"
        said = f"update to {what} is forbidden when status.currentVolumeAttributesClassName is not nil"
        found.forbidden("spec.volumeAttributesClassName", said)


def claim_status_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the status of a claim."""
    found = Findings()
    for name, amount in mapping(mapping(new, "status"), "capacity").items():
        whole = Quantity.parse(amount).nanos // NANO
        if whole < 0:
            found.invalid(f"status.capacity[{name}]", whole, "must be a valid resource quantity")
    return found.listed()


def claim_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a claim that is taken."""
    warned = []
    if STORAGE_CLASS in mapping(mapping(new, "metadata"), "annotations"):
        said = 'deprecated since v1.8; use "storageClassName" attribute instead'
        warned.append(f"metadata.annotations[{STORAGE_CLASS}]: {said}")
    resources = mapping(mapping(new, "spec"), "resources")
    for part in ("requests", "limits"):
        amount = mapping(resources, part).get("storage")
        # Finer than a thousandth, the original rounds up before it looks.
        if amount is not None and -(-Quantity.parse(amount).nanos // (NANO // 1000)) % 1000:
            shown = Quantity.parse(amount).format()
            said = f'fractional byte value "{shown}" is invalid, must be an integer'
            warned.append(f"spec.resources.{part}[storage]: {said}")
    return warned
