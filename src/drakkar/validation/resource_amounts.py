"""What is called a resource, where, and how much of it there may be."""

from __future__ import annotations

from drakkar.api import resource_names
from drakkar.api.quantity import NANO, Quantity, QuantityError
from drakkar.validation import formats
from drakkar.validation.field_error import Findings, short


def resource_name(found: Findings, path: str, name: str) -> bool:
    """A name of anything that is counted; the answer is whether nothing is wrong with it."""
    wrong = formats.label_key(name)
    found.each_invalid(path, name, wrong)
    if wrong:
        return False
    if "/" not in name and not resource_names.is_standard(name):
        found.invalid(path, name, "must be a standard resource type or fully qualified")
        return False
    return True


def container_resource_name(found: Findings, path: str, name: str) -> None:
    """A name of what a container asks for."""
    resource_name(found, path, name)
    if "/" not in name:
        if name not in resource_names.CONTAINER and not resource_names.is_hugepages(name):
            found.invalid(path, name, "must be a standard resource for containers")
    elif not resource_names.is_native(name) and not resource_names.is_extended(name):
        found.invalid(path, name, "doesn't follow extended resource name standard")


def quota_resource_name(found: Findings, path: str, name: str) -> None:
    """A name of what a quota counts."""
    resource_name(found, path, name)
    if "/" not in name and not resource_names.is_standard_for_quota(name):
        found.invalid(path, name, "must be a standard resource for quota")


def amount(found: Findings, path: str, name: str, given: Quantity) -> None:
    """Not below nothing, and whole where there are only whole ones."""
    if given.nanos < 0:
        found.invalid(path, given.format(), "must be greater than or equal to 0")
    # Finer than a thousandth, the original rounds up before it looks.
    thousandths = -(-given.nanos // (NANO // 1000))
    if thousandths % 1000 and resource_names.is_whole(name):
        found.invalid(path, given.format(), "must be an integer", typed=True)


def quantity(found: Findings, path: str, written: str) -> Quantity | None:
    """A quantity in an object that was fitted to its schema; one may have become too long by that to be read."""
    try:
        return Quantity.parse(written)
    except QuantityError:
        found.invalid(path, short(written), "must be no longer than 256 characters")
        return None
