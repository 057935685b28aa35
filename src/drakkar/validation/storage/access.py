"""How volumes are asked for and offered: by how many, as what, of which class."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.api.quantity import Quantity
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items

_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_VOLUME_MODES = ("Block", "Filesystem")
STORAGE_CLASS = "volume.beta.kubernetes.io/storage-class"


def access_modes(found: Findings, path: str, spec: Object, missing: str = "") -> None:
    """One mode or more, and the one that is for a single pod alone; `missing` says what to say where there is none."""
    modes = items(spec, "accessModes")
    if not modes:
        found.required(path, missing)
    for one in modes:
        if one not in _ACCESS_MODES:
            found.not_supported(path, one, _ACCESS_MODES)
    if "ReadWriteOncePod" in modes and set(modes) & set(_ACCESS_MODES[:3]):
        found.forbidden(path, "may not use ReadWriteOncePod with other access modes")


def volume_mode(found: Findings, path: str, mode: Any) -> None:
    """A file system or a raw block device; None says nothing and is right."""
    if mode is not None and mode not in _VOLUME_MODES:
        found.not_supported(path, mode, _VOLUME_MODES)


def class_name(found: Findings, path: str, name: Any) -> None:
    """The name of a class, where there is one."""
    if name:
        found.each_invalid(path, name, formats.dns_subdomain(name))


def more_than_nothing(found: Findings, path: str, amount: Quantity) -> bool:
    """Whether there is some of it; says so if not."""
    if amount.nanos > 0:
        return True
    found.invalid(path, amount.format(), "must be greater than zero")
    return False
