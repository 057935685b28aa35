"""The parameters that a binding gives its policy: objects of the kind that the policy names."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.selectors import SelectorError, label_selector
from drakkar.apiserver import errors
from drakkar.apiserver.kinds import conversion
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies.errors import ConfigurationError
from drakkar.apiserver.policies.evaluation import Room
from drakkar.apiserver.policies.other_versions import OtherVersions, unconverted
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.storage.store import Store

# So many looks at an object are as much work as one unit of CEL's costs.
_LOOKS = 4
_CLUSTER_SCOPED = "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
_NOT_FOUND = "no params found for policy binding with `Deny` parameterNotFoundAction"


def param_kind(kinds: Registry, given: Object) -> Kind:
    """The kind of a policy's parameters; ConfigurationError for one that is not served."""
    version, name = given.get("apiVersion", ""), given.get("kind", "")
    for kind in kinds:
        if kind.stored and (kind.api_version, kind.kind) == (version, name):
            return kind
    group, _, number = version.rpartition("/")
    said = f"failed to find resource referenced by paramKind: '{group}/{number}, Kind={name}'"
    raise ConfigurationError(said)


async def params(
    store: Store, kind: Kind | None, reference: Object | None, request: AdmissionRequest, room: Room
) -> list[Object | None]:
    """The parameters for a request, in the version of their kind, each of which the policy is asked with; one that is nothing
    where the policy or the binding has none. ConfigurationError where they cannot be told, or have to be there and are not;
    TooHeavyError where there are too many to look through here.
    """
    if kind is None or reference is None:
        return [None]
    namespace = ""
    if kind.namespaced:
        namespace = reference.get("namespace") or request.home
        if not namespace:
            raise ConfigurationError(_CLUSTER_SCOPED)
    elif reference.get("namespace"):
        raise ConfigurationError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
    found = _found(store, kind, reference, namespace, room)
    if not found and reference.get("parameterNotFoundAction") == "Deny":
        raise ConfigurationError(_NOT_FOUND)
    try:
        return [*await _served(kind, found, request.others)]
    except errors.StatusError as failure:
        raise unconverted(failure) from None


async def _served(kind: Kind, found: list[Object], others: OtherVersions) -> list[Object]:
    if kind.webhook is None:
        return [conversion.served(kind, obj) for obj in found]
    foreign = iter(await others.make(kind, [obj for obj in found if obj["apiVersion"] != kind.api_version]))
    return [obj if obj["apiVersion"] == kind.api_version else next(foreign) for obj in found]


def _found(store: Store, kind: Kind, reference: Object, namespace: str, room: Room) -> list[Object]:
    name = reference.get("name")
    if name:
        one = store.get((kind.resource, namespace, name))
        return [] if one is None else [one]
    try:
        selector = label_selector(reference.get("selector") or {})
    except SelectorError as error:
        raise ConfigurationError(str(error)) from None
    # Each of them is looked at, of whatever namespace, and most may fit no selector.
    count, _ = store.extent(kind.resource)
    room.spend(count * (1 + (len(selector.requirements) if selector else 0)) // _LOOKS)
    listed = store.list(kind.resource, namespace or None)
    if selector is None:
        return listed
    return [one for one in listed if selector.matches(one["metadata"].get("labels") or {})]
