"""Follows the CustomResourceDefinitions in the store: gives them their names, serves their kinds, and has what they made
ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from drakkar.api.object import Object
from drakkar.apiserver import beside
from drakkar.apiserver.definitions.approval import approved
from drakkar.apiserver.definitions.emptying import Emptying
from drakkar.apiserver.definitions.group_versions import GroupVersions
from drakkar.apiserver.definitions.naming import named
from drakkar.apiserver.kinds import custom_kinds, metadata
from drakkar.apiserver.kinds.apiextensions import KINDS
from drakkar.apiserver.kinds.conditions import CLEANUP, condition, is_false, is_true, with_condition
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.patch.managed_fields import update_managed_fields
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.storage.errors import MissingError, StorageFailedError, StoreConflictError

_DEFINITIONS = KINDS[0]
_RESOURCE = _DEFINITIONS.resource
_MANAGER = "kube-apiserver"
# Where the original keeps objects of its own where it would look for custom ones.
_OVERLAPPING = (
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "apiservices"),
)
_LOGGER = logging.getLogger(__name__)
T = TypeVar("T")


def now(work: Coroutine[Any, Any, T]) -> T:
    """The result of work that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as ended:
        result: T = ended.value
        return result
    finally:
        work.close()
    raise RuntimeError("it waited for something")


class Definitions:
    """All that is done on the loop, in the turn of the write that it follows: whoever made a definition finds its kind
    served when he has his answer. Only the objects of a kind that goes take turns of their own.

    Whoever writes is answered for his write, whatever is stored beside it: a definition that cannot be read serves nothing,
    and costs only itself.
    """

    def __init__(self, rest: Rest) -> None:
        self._rest, self._store, self._registry = rest, rest.store, rest.kinds
        self._serving: dict[str, tuple[Object, tuple[Kind, ...]]] = {}
        self._emptying = Emptying(rest, self._emptied)
        self._group_versions = GroupVersions(rest)
        # Those to look at again, though they have not changed.
        self._due: set[str] = set()
        self._unread: dict[str, Object] = {}
        self._busy = self._again = self._heavy = self._begun = False

    def begin(self) -> None:
        """Serve what is defined already, and follow what becomes of it."""
        self._store.listen(_RESOURCE, self._heard)
        self._heard()
        self._begun = True

    def _heard(self) -> None:
        # Each write made here is heard as well.
        self._again = True
        if self._busy or self._store.ending:
            return
        self._busy = True
        try:
            while self._again:
                self._again = self._heavy = False
                self._look()
                if self._again and self._heavy and self._begun:
                    # The others have their turn between two writes of a large definition.
                    asyncio.get_running_loop().call_soon(self._heard)
                    break
        except StorageFailedError as failure:
            _LOGGER.error("custom kinds are not looked after: %s", failure)
        finally:
            self._busy = False

    def _look(self) -> None:
        there = {obj["metadata"]["name"]: obj for obj in self._store.list(_RESOURCE)}
        for name in [name for name in self._serving if name not in there]:
            kinds = self._serving.pop(name)[1]
            self._registry.change(kinds, ())
            self._unread.pop(name, None)
            # In a closed group others are served by its name.
            for resource in {one.resource for one in kinds if not self._registry.is_closed(one.group)}:
                self._store.retire(resource)
        for name, definition in there.items():
            try:
                self._look_at(name, definition, there)
            except StorageFailedError:
                raise
            except Exception:
                _LOGGER.exception("the definition %s cannot be read: it serves nothing", name)
                self._registry.change(self._serving.pop(name, (None, ()))[1], ())
                self._serving[name] = (definition, ())
                self._unread[name] = definition
        served = {(one.group, one.version) for _, kinds in self._serving.values() for one in kinds}
        self._group_versions.follow(served)

    def _look_at(self, name: str, definition: Object, there: dict[str, Object]) -> None:
        known = self._serving.get(name, (None,))[0] is definition and name not in self._due
        # A name that somebody else had may be free by now.
        if known and (self._unread.get(name) is definition or not is_false(definition, "NamesAccepted")):
            return
        self._due.discard(name)
        self._follow(name, definition, there)

    def _follow(self, name: str, definition: Object, there: dict[str, Object]) -> None:
        others = [obj for other, obj in there.items() if other != name]
        moment = metadata.now()
        changed = named(approved(definition, moment), others, moment)
        if changed is not definition:
            self._write(definition, changed)
            return
        established = condition(definition, "Established")
        if is_true(definition, "NamesAccepted") and established and established["status"] != "True":
            said = "the initial names have been accepted"
            self._serve(name, definition)
            changed = with_condition(definition, "Established", "True", "InitialNamesAccepted", said, moment)
            self._write(definition, changed)
            return
        self._serve(name, definition)
        if "deletionTimestamp" in definition["metadata"]:
            self._end(name, definition)

    def _serve(self, name: str, definition: Object) -> None:
        before, old = self._serving.get(name, (None, ()))
        if before is not None and _alike(before, definition):
            self._serving[name] = (definition, old)
            return
        kinds = custom_kinds.kinds(definition)
        self._registry.change(old, kinds)
        self._serving[name] = (definition, kinds)

    def _write(self, old: Object, new: Object) -> None:
        node = schemas.schema(_DEFINITIONS.group, _DEFINITIONS.version, _DEFINITIONS.kind)
        meta = dict(new["metadata"])
        version = _DEFINITIONS.api_version
        meta["managedFields"] = update_managed_fields(
            old, new, _MANAGER, version, "status", metadata.now(), node
        )
        new = {**new, "metadata": meta}
        key = (_RESOURCE, "", meta["name"])
        self._heavy = self._heavy or self._store.weight(key) > beside.LIGHT
        try:
            if "deletionTimestamp" in meta and not meta.get("finalizers"):
                now(self._store.delete(key, meta["resourceVersion"], new))
            else:
                now(self._store.update(key, new, meta["resourceVersion"]))
        except (StoreConflictError, MissingError):
            self._again = True

    def _end(self, name: str, definition: Object) -> None:
        """Let the objects of a definition go, and then the definition."""
        if CLEANUP not in (definition["metadata"].get("finalizers") or ()):
            return
        moment = metadata.now()
        if not is_true(definition, "Established"):
            said = "resource was never established"
            self._finish(definition, "NeverEstablished", said, moment)
            return
        spec = definition["spec"]
        group, plural = spec["group"], spec["names"]["plural"]
        if (group, plural) in _OVERLAPPING:
            said = "instances overlap with built-in resources in storage"
            self._finish(definition, "OverlappingBuiltInResource", said, moment)
            return
        terminating = condition(definition, "Terminating") or {}
        if terminating.get("reason") != "InstanceDeletionInProgress":
            said = "CustomResource deletion is in progress"
            self._write(
                definition,
                with_condition(definition, "Terminating", "True", "InstanceDeletionInProgress", said, moment),
            )
            return
        # Below a name in a closed group there are other objects than its own, if any.
        if self._registry.is_closed(group) or self._emptying.is_done(name, self._serving[name][1]):
            self._finish(definition, "InstanceDeletionCompleted", "removed all instances", moment)

    def _emptied(self, name: str) -> None:
        """A kind that goes may have no objects any more."""
        self._due.add(name)
        self._heard()

    def _finish(self, definition: Object, reason: str, message: str, moment: str) -> None:
        meta = dict(definition["metadata"])
        meta["finalizers"] = [one for one in meta.get("finalizers") or () if one != CLEANUP]
        if not meta["finalizers"]:
            del meta["finalizers"]
        done = with_condition(
            {**definition, "metadata": meta}, "Terminating", "False", reason, message, moment
        )
        self._write(definition, done)


def _alike(old: Object, new: Object) -> bool:
    """Whether two definitions make the same kinds."""
    return (
        old["spec"] == new["spec"]
        and old["status"].get("acceptedNames") == new["status"].get("acceptedNames")
        and is_true(old, "NamesAccepted") == is_true(new, "NamesAccepted")
        and is_true(old, "Established") == is_true(new, "Established")
        and ("deletionTimestamp" in old["metadata"]) == ("deletionTimestamp" in new["metadata"])
    )
