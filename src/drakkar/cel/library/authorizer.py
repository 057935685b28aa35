"""Asking what a user may do: the steps that put a question together, and the decision it comes to.

Whoever runs an expression says who decides; an expression only adds to the question.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from drakkar.api.names import is_label, is_subdomain
from drakkar.api.object import ObjectKey
from drakkar.cel.outcome import Fault


@dataclass(frozen=True, slots=True)
class Question:
    """A verb on a resource, or on a path. `account` is the service account that is asked about, by namespace and name;
    without one it is whoever made the request."""

    account: ObjectKey | None = None
    verb: str = ""
    path: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    label_selector: str = ""


class Apart:
    """What cannot be compared, not even with itself."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise Fault("no such overload")


@dataclass(frozen=True, slots=True, eq=False)
class Decision(Apart):
    """What came of a question; `error` is empty where nothing went wrong."""

    cel_type: ClassVar[str] = "kubernetes.authorization.Decision"

    allowed: bool
    reason: str = ""
    error: str = ""


Decide = Callable[[Question], Decision]


@dataclass(frozen=True, slots=True, eq=False)
class Authorizer(Apart):
    """The start of every question."""

    cel_type: ClassVar[str] = "kubernetes.authorization.Authorizer"

    decide: Decide
    question: Question = Question()


@dataclass(frozen=True, slots=True, eq=False)
class PathCheck(Apart):
    """A question about a path, less its verb."""

    cel_type: ClassVar[str] = "kubernetes.authorization.PathCheck"

    decide: Decide
    question: Question


@dataclass(frozen=True, slots=True, eq=False)
class GroupCheck(Apart):
    """A question about something in an API group."""

    cel_type: ClassVar[str] = "kubernetes.authorization.GroupCheck"

    decide: Decide
    question: Question


@dataclass(frozen=True, slots=True, eq=False)
class ResourceCheck(Apart):
    """A question about a resource, less its verb."""

    cel_type: ClassVar[str] = "kubernetes.authorization.ResourceCheck"

    decide: Decide
    question: Question


def _path(authorizer: Authorizer, path: str) -> PathCheck:
    if not path.strip():
        raise Fault("path must not be empty")
    return PathCheck(authorizer.decide, dataclasses.replace(authorizer.question, path=path))


def _group(authorizer: Authorizer, group: str) -> GroupCheck:
    return GroupCheck(authorizer.decide, dataclasses.replace(authorizer.question, group=group))


def _service_account(authorizer: Authorizer, namespace: str, name: str) -> Authorizer:
    if not is_subdomain(name):
        raise Fault("Invalid service account name")
    if not is_label(namespace):
        raise Fault("Invalid service account namespace")
    return Authorizer(authorizer.decide, Question(account=ObjectKey(namespace, name)))


def _resource(check: GroupCheck, resource: str) -> ResourceCheck:
    if not resource.strip():
        raise Fault("resource must not be empty")
    return ResourceCheck(check.decide, dataclasses.replace(check.question, resource=resource))


def _with(field: str) -> Callable[[ResourceCheck, str], ResourceCheck]:
    def changed(check: ResourceCheck, value: str) -> ResourceCheck:
        changes: dict[str, Any] = {field: value}
        return ResourceCheck(check.decide, dataclasses.replace(check.question, **changes))

    return changed


def _check(check: PathCheck | ResourceCheck, verb: str) -> Decision:
    return check.decide(dataclasses.replace(check.question, verb=verb))


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "authorizer_path": _path,
    "authorizer_group": _group,
    "authorizer_serviceaccount": _service_account,
    "groupcheck_resource": _resource,
    "resourcecheck_subresource": _with("subresource"),
    "resourcecheck_namespace": _with("namespace"),
    "resourcecheck_name": _with("name"),
    "authorizer_fieldselector": _with("field_selector"),
    "authorizer_labelselector": _with("label_selector"),
    "pathcheck_check": _check,
    "resourcecheck_check": _check,
    "decision_allowed": lambda decision: decision.allowed,
    "decision_reason": lambda decision: decision.reason,
    "decision_errored": lambda decision: bool(decision.error),
    "decision_error": lambda decision: decision.error,
}
