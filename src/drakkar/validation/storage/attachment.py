"""VolumeAttachments: a volume that is, or is to be, at a node."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats, names
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import mapping, same, text
from drakkar.validation.storage.volume import inline_volume

_LARGEST, _LONGEST_MESSAGE = 256 * 1024, 1024
_ONE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"


def attachment_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a VolumeAttachment."""
    found, spec = Findings(), mapping(obj, "spec")
    names.declared_driver(found, "spec.attacher", text(spec, "attacher"))
    _source(found, "spec.source", mapping(spec, "source"))
    node = text(spec, "nodeName")
    found.each_invalid("spec.nodeName", node, formats.dns_subdomain(node))
    return found.listed()


def _source(found: Findings, path: str, source: Object) -> None:
    inline, name = source.get("inlineVolumeSpec"), source.get("persistentVolumeName")
    if inline is None and name is None:
        found.required(path, _ONE)
    elif inline is not None and name is not None:
        found.forbidden(path, _ONE)
    elif inline is not None:
        inline_volume(found, f"{path}.inlineVolumeSpec", inline)
    elif not name:
        said = "must specify non empty persistentVolumeName"
        found.required(f"{path}.persistentVolumeName", said)
    if name is not None:
        found.each_invalid(f"{path}.persistentVolumeName", name, formats.dns_subdomain(name))


def attachment_changes(old: Object, new: Object) -> list[FieldError]:
    """Its spec stays."""
    found = Findings()
    if not same(mapping(new, "spec"), mapping(old, "spec")):
        found.invalid("spec", None, "field is immutable")
    return found.listed()


def attachment_status_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the status of a VolumeAttachment."""
    found, status = Findings(), mapping(new, "status")
    told = mapping(status, "attachmentMetadata")
    if sum(formats.size(key) + formats.size(value) for key, value in told.items()) > _LARGEST:
        found.too_long("status.attachmentMetadata", _LARGEST)
    for field in ("attachError", "detachError"):
        error = mapping(status, field)
        if formats.size(text(error, "message")) > _LONGEST_MESSAGE:
            found.too_long(f"status.{field}.message", _LONGEST_MESSAGE)
        code = error.get("errorCode")
        if code is not None and code < 0:
            said = formats.in_range(code, 0, 2**31 - 1)
            found.each_invalid(f"status.{field}.errorCode", code, said)
    return found.listed()
