"""What a write was asked to do besides writing, and how strictly its body is fitted to the schema."""

from __future__ import annotations

from dataclasses import dataclass, field

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access.requester import Requester
from drakkar.apiserver.audit_annotations import UNREAD, AuditAnnotations
from drakkar.apiserver.kinds import kind_schema
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.wire import decoding
from drakkar.validation.field_error import FieldError


@dataclass(slots=True)
class WriteOptions:
    """What a write was asked to do besides writing; `warnings` is filled for the answer's headers.

    `requester` is who asks for it; without one it is the server itself, and may all. `manager` owns the fields it
    writes; without one nobody is recorded. `applied` says that the object already carries its owners, as
    server-side apply leaves it. `validation` is Strict, Warn or Ignore; `duplicates` says which fields came twice;
    `patch` is the text of a patch; `weight` is how large the request is; `given` are the options as the client gave them.
    """

    dry_run: bool = False
    manager: str = ""
    requester: Requester | None = None
    applied: bool = False
    validation: str = "Warn"
    duplicates: list[str] = field(default_factory=list)
    patch: str | None = None
    weight: int = 0
    given: Object = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def annotations_of(options: WriteOptions) -> AuditAnnotations:
    """Where to note what the audit log is to have of a write."""
    return UNREAD if options.requester is None else options.requester.annotations


def fitted(kind: Kind, obj: Object, options: WriteOptions) -> Object:
    """The object as its schema has it, new all through; StatusError 400 or 422 for what does not fit."""
    try:
        found, unknown = kind_schema.fit(kind, obj)
    except decoding.WrongTypeError as failure:
        raise _unfit(kind, options, str(failure)) from None
    complaints = [f'unknown field "{path}"' for path in unknown]
    complaints += options.duplicates
    if kind.form is not None:
        # A custom object is read before it is held to its schema.
        complaints = [*complaints[len(unknown) :], *complaints[: len(unknown)]]
    if complaints and options.validation == "Strict":
        raise _unfit(kind, options, f"strict decoding error: {', '.join(complaints)}")
    if options.validation == "Warn":
        options.warnings += complaints
    return found


def _unfit(kind: Kind, options: WriteOptions, why: str) -> errors.StatusError:
    if options.patch is not None:
        cause = FieldError.invalid("patch", f'"{options.patch[:1000]}"', why)
        return errors.invalid("", "", "", [cause])
    return errors.bad_request(
        f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}'
    )
