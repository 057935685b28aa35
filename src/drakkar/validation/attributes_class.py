"""VolumeAttributesClass: the driver of its volumes, and what it tells it."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import mapping, same, text

_MOST = 512
_LARGEST = 256 * 1024


def attributes_class_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a class."""
    found, driver, parameters = Findings(), text(obj, "driverName"), mapping(obj, "parameters")
    if driver:
        found.each_invalid("driverName", driver.lower(), formats.label_key(driver.lower()))
    else:
        found.required("driverName")
    if len(parameters) > _MOST:
        found.too_long("parameters", _MOST)
        return found.listed()
    if "" in parameters:
        found.invalid("parameters", "", "field can not be empty.")
    if sum(formats.size(key) + formats.size(value) for key, value in parameters.items()) > _LARGEST:
        found.too_long("parameters", _LARGEST)
    if not parameters:
        found.required("parameters", "must contain at least one key/value pair")
    return found.listed()


def attributes_class_change_problems(old: Object, new: Object) -> list[FieldError]:
    """What of a class must stay."""
    found = Findings()
    for field in ("driverName", "parameters"):
        if not same(old.get(field), new.get(field)):
            found.forbidden(field, f"updates to {field} are forbidden.")
    return found.listed()
