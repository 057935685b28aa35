"""Create, read, list, replace, delete and watch of objects, for any kind of the table."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from drakkar.api.gates import Gates
from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.access import certificate_access, claim_access, restrictions
from drakkar.apiserver.admission.admission import Admission, built_in
from drakkar.apiserver.kinds import conversion, device_gates, form, metadata
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.kinds.strategy import Facts
from drakkar.apiserver.patch.managed_fields import update_managed_fields
from drakkar.apiserver.policies.error import TooHeavyError
from drakkar.apiserver.policies.request import CREATE, DELETE, UPDATE
from drakkar.apiserver.resources import deletion
from drakkar.apiserver.resources.dynamic_admission import DynamicAdmission, Write
from drakkar.apiserver.resources.scale import scale_before, scale_of, scaled
from drakkar.apiserver.resources.write_options import WriteOptions, fitted
from drakkar.apiserver.storage import paging
from drakkar.apiserver.storage.database import Key
from drakkar.apiserver.storage.paging import ListOptions
from drakkar.apiserver.storage.selection import Match
from drakkar.apiserver.storage.store import (
    LARGEST,
    Alongside,
    Check,
    KeyExistsError,
    MissingError,
    Store,
    StoreConflictError,
    TooLargeError,
)
from drakkar.apiserver.storage.watching import Watch, WatchOptions
from drakkar.validation.field_error import FieldError

T = TypeVar("T")
Change = Callable[[Object], Object]
_NAME_TRIES = 8
_CHANGE_TRIES = 5
_STALE = "the object has been modified; please apply your changes to the latest version and try again"


class Rest:
    """The verbs, on one store. Kinds are as the client names them; objects come and go in that version."""

    def __init__(
        self,
        store: Store,
        kinds: Registry,
        gates: frozenset[str] = Gates.default(),
        admission: Admission | None = None,
    ) -> None:
        self.store = store
        self.kinds = kinds
        self._gates = gates
        self._admission = admission or built_in()
        self._dynamic = DynamicAdmission(store, kinds)

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """The object, or 404; callers must not change it."""
        return conversion.served(kind, self._read(kind, self._stored(kind, namespace, name)))

    def _read(self, kind: Kind, obj: Object) -> Object:
        """A stored object as it is looked at."""
        return obj if kind.form is None else conversion.read(kind, self._target(kind), obj)

    def _kept(self, kind: Kind, obj: Object) -> Object:
        """An object as it is to be stored."""
        return obj if kind.form is None else conversion.kept(kind, self._target(kind), obj)

    def _target(self, kind: Kind) -> Kind:
        """The kind in whose form objects are kept. With the last object of a custom kind the kind may have gone as well."""
        return self.kinds.kept_as(kind) or kind

    def _stored(self, kind: Kind, namespace: str, name: str) -> Object:
        found = self.store.get((kind.resource, namespace, name))
        if found is None:
            raise errors.not_found(kind.group, kind.plural, name)
        return found

    def list(
        self, kind: Kind, namespace: str | None, match: Match, options: ListOptions | None = None
    ) -> Object:
        """The objects that match, as a list object, or one page of them."""
        return self.listing(kind, options or ListOptions())(namespace, match)

    def listing(self, kind: Kind, options: ListOptions) -> Callable[[str | None, Match], Object]:
        """What makes a list, here or beside the loop; StatusError for options that are none. See `list_weight`."""
        target = self.kinds.stored(kind.resource)
        snapshot = paging.snapshot(self.store, target, options)

        def listed(namespace: str | None, match: Match) -> Object:
            found = snapshot.page(target, namespace, match)
            found["kind"], found["apiVersion"] = kind.list_name, kind.api_version
            found["items"] = [conversion.served(kind, self._read(kind, obj)) for obj in found["items"]]
            return found

        return listed

    def watch(self, kind: Kind, namespace: str | None, match: Match, options: WatchOptions) -> Watch:
        """A watch on the collection, with the objects as they are stored."""
        return Watch(self.store, self.kinds.stored(kind.resource), namespace, match, options)

    async def create(
        self, kind: Kind, namespace: str, obj: Object, options: WriteOptions | None = None
    ) -> Object:
        """Store a new object with the metadata that the server owns."""
        options = options or WriteOptions()
        await self._admission.settle(kind.resource, namespace, obj, self.store)
        weight = _weight(kind, options.weight)
        return await _judged(weight, options, lambda: self._create(kind, namespace, obj, options))

    async def _create(self, kind: Kind, namespace: str, obj: Object, options: WriteOptions) -> Object:
        new = fitted(kind, obj, options)
        given = new.get("metadata") or {}
        if kind.closed:
            raise errors.forbidden(kind.group, kind.plural, given.get("name") or "", kind.closed)
        if kind.namespaced and given.get("namespace", namespace) != namespace:
            raise errors.other_namespace()
        if given.get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        new = conversion.stored(kind, self.kinds.stored(kind.resource), new)
        # Some versions keep fields of others in it.
        given = new.get("metadata") or {}
        _storable(new, options.weight)
        new["metadata"] = metadata.fresh(kind, namespace if kind.namespaced else "", given)
        self._check_namespace(kind, namespace, new["metadata"])
        if kind.status and not kind.strategy.born_with_status:
            new.pop("status", None)
        self._admission.refuse(kind.resource, new)

        seen = self.store.revision

        def still(charge: Check) -> Iterable[Alongside]:
            # What was prepared beside the loop, or while others were asked, may have been overtaken.
            if self.store.revision != seen:
                self._check_namespace(kind, namespace, new["metadata"])
                self._admission.check(kind.resource, new, self.store)
            return charge()

        def made_again(changed: Object) -> Object:
            again = {
                **changed,
                "metadata": metadata.of_changed(changed.get("metadata") or {}, new["metadata"]),
            }
            if kind.status and not kind.strategy.born_with_status:
                again.pop("status", None)
            self._complete(kind, again)
            restrictions.check(self.store, options.requester, kind, "create", again, None)
            return again

        generated = not given.get("name")
        for attempt in range(_NAME_TRIES if generated else 1):
            if generated and given.get("generateName"):
                new["metadata"]["name"] = metadata.generated_name(given["generateName"])
            if attempt == 0:
                restrictions.check(self.store, options.requester, kind, "create", new, None)
                self._complete(kind, new)
                write = Write(CREATE, kind, "", namespace, options, given.get("name") or "")
                sent = given.get("managedFields")
                await self._pass(write, None, new, sent, new["metadata"], made_again)
                restrictions.check_creation(options.requester)
                await self._dynamic.validate(Write(CREATE, kind, "", namespace, options), new, None)
            key: Key = (kind.resource, namespace if kind.namespaced else "", new["metadata"]["name"])
            charge = self._admission.charging(kind, namespace, new, None, "", self.store)
            if self.store.get(key) is not None:
                charge()
                continue
            _storable(new, options.weight)
            if options.dry_run:
                charge()
                return conversion.served(kind, new)
            try:
                made = await self.store.create(key, self._kept(kind, new), partial(still, charge))
                return conversion.served(kind, self._read(kind, made))
            except KeyExistsError:
                continue
        raise errors.already_exists(kind.group, kind.plural, new["metadata"]["name"])

    def _own(
        self, kind: Kind, old: Object | None, new: Object, sent: Any, subresource: str, options: WriteOptions
    ) -> None:
        """Record in place who owns what the write changed; `sent` is what the client says about it."""
        meta = new["metadata"]
        meta.pop("managedFields", None)
        if options.applied:
            owners = sent
        elif options.manager:
            if sent:
                meta["managedFields"] = sent
            node = form.node(self.kinds.stored(kind.resource) if kind.form is None else kind)
            now, version = metadata.now(), kind.api_version
            # The first status is nobody's.
            nobodys = kind.strategy.unowned if subresource == "" else frozenset()
            if old is None and kind.status:
                nobodys |= {"status"}
            owned = {k: v for k, v in new.items() if k not in nobodys} if nobodys else new
            owners = update_managed_fields(
                old, owned, options.manager, version, subresource, now, node, form.held(kind)
            )
            meta.pop("managedFields", None)
        else:
            owners = sent or ((old or {}).get("metadata") or {}).get("managedFields")
        if owners:
            meta["managedFields"] = owners

    def _complete(self, kind: Kind, new: Object) -> None:
        """Give a new object what it has before anybody looks at it, in place."""
        self._default(kind, new, None)
        if kind.status and kind.form is None:
            new.setdefault("status", {})

    def _default(self, kind: Kind, new: Object, old: Object | None) -> None:
        device_gates.drop(kind.strategy.gated, new, old, self._gates)
        kind.strategy.complete(new, old, metadata.now())

    async def _pass(
        self, write: Write, old: Object | None, new: Object, sent: Any, told: Object, made_again: Change
    ) -> None:
        """Take an object that has its defaults through the steps of every write, in place; StatusError where one refuses.

        `old` is None for a new object. `sent` is what the client says of who owns what, `told` the metadata to look at.
        `made_again` makes of what others have changed what it would be if the client had sent it.
        """
        kind, subresource, options = write.kind, write.subresource, write.options
        # Nobody is blamed for what is added from here on,
        told = dict(told)
        # and it belongs to nobody: whoever applies the object may leave it out.
        self._own(kind, old, new, sent, subresource, options)
        if subresource == "":
            if kind.strategy.generate is not None:
                kind.strategy.generate(new, old)
            self._admission.mutate(kind.resource, new, old, self.store)
        if kind.is_own(subresource):
            own = self._mutate_again if subresource == "" else None
            if await self._dynamic.mutate(write, new, old, made_again, own):
                told = dict(new["metadata"])
        if old is None:
            certificate_access.introduce(kind, new, options.requester)
        problems = (
            metadata.update_problems(kind, old["metadata"], told, subresource)
            if old
            else metadata.problems(kind, told, new)
        )
        problems += self._problems(kind, old, new, subresource, options)
        if problems:
            raise errors.invalid(kind.group, kind.kind, new["metadata"].get("name", ""), problems)
        if subresource == "":
            options.warnings += kind.strategy.warnings(new, old)
        certificate_access.check(kind, new, old, subresource, options.requester)
        self._admission.validate(kind.resource, new, old, subresource, self.store)
        options.warnings += await self._admission.secure(kind, new, old, subresource, self.store)

    def _check_namespace(self, kind: Kind, namespace: str, meta: Object) -> None:
        if not kind.namespaced:
            return
        home = self.store.get(("/namespaces", "", namespace))
        if home is None:
            raise errors.not_found("", "namespaces", namespace)
        if "deletionTimestamp" in home["metadata"]:
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            failure = errors.forbidden(kind.group, kind.plural, meta.get("name", ""), why)
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
            failure.status["details"]["causes"] = [cause]
            raise failure

    async def replace(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        obj: Object,
        subresource: str = "",
        options: WriteOptions | None = None,
    ) -> Object:
        """PUT on the object, its status or a namespace's finalizers; a change of nothing writes nothing."""

        def put(old: Object) -> Object:
            given = obj.get("metadata") or {}
            if isinstance(given, dict):
                _check_name(name, given)
            if kind.strategy.needs_version and isinstance(given, dict) and not given.get("resourceVersion"):
                _check_uid(kind, old, given)
                cause = FieldError.invalid("metadata.resourceVersion", "0", "must be specified for an update")
                # Of all that is invalid, this alone is said of the resource and not of the kind.
                raise errors.invalid(kind.group, kind.plural, name, [cause])
            return obj

        return await self.change(kind, namespace, name, put, subresource, options)

    async def change(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        change: Change,
        subresource: str = "",
        options: WriteOptions | None = None,
    ) -> Object:
        """Replace the object by what `change` makes of it, which it must leave as it is.

        No other write comes between the read and the write: either nothing is awaited there, or, where the work is
        heavy and done beside the loop, it is done again on what the other write left.
        """
        options = options or WriteOptions()
        key: Key = (kind.resource, namespace, name)
        said = len(options.warnings)
        for _ in range(_CHANGE_TRIES):
            del options.warnings[said:]
            weight = _weight(kind, options.weight + self.store.weight(key))
            try:
                return await _judged(
                    weight,
                    options,
                    lambda: self._change(kind, namespace, name, change, subresource, options),
                )
            except (StoreConflictError, MissingError):
                continue
        raise errors.conflict(kind.group, kind.plural, name, _STALE)

    async def _change(
        self, kind: Kind, namespace: str, name: str, change: Change, subresource: str, options: WriteOptions
    ) -> Object:
        stored_as = self._stored(kind, namespace, name)
        old = self._read(kind, stored_as)
        candidate = fitted(kind, change(conversion.served(kind, old)), options)
        sent = conversion.stored(kind, self.kinds.stored(kind.resource), candidate)
        given = sent.get("metadata") or {}
        if not kind.namespaced and given.get("namespace"):
            # Whatever has no namespace loses one that it is given.
            given = sent["metadata"] = {k: v for k, v in given.items() if k != "namespace"}
        weight = options.weight + self.store.weight((kind.resource, namespace, name))
        _storable(sent, weight)
        if subresource in ("", "status"):
            restrictions.check(self.store, options.requester, kind, "update", _completed(sent, old), old)
        self.check_identity(kind, namespace, name, old, given, options)
        if subresource and self._tells(kind, subresource):
            given = metadata.told_with_part(kind, subresource, old["metadata"], given)
        new = self._merged(kind, old, sent, given, subresource)
        told = given if self._tells(kind, subresource) else dict(new["metadata"])

        def made_again(changed: Object) -> Object:
            given = metadata.of_changed(changed.get("metadata") or {}, new["metadata"])
            if subresource in ("", "status"):
                restrictions.check(self.store, options.requester, kind, "update", changed, old)
            return self._merged(kind, old, changed, given, subresource)

        write = Write(UPDATE, kind, subresource, namespace, options, name)
        owners = (sent.get("metadata") or {}).get("managedFields")
        await self._pass(write, old, new, owners, told, made_again)
        counts = subresource in ("", "scale") or (
            subresource != "status" and subresource in kind.strategy.parts
        )
        counts = counts and kind.generation and not kind.strategy.counts_nothing
        if counts and _counted(kind, old) != _counted(kind, new):
            new["metadata"]["generation"] = int(old["metadata"].get("generation", 0)) + 1
        if subresource == "scale":
            before, asked = scale_before(kind, old), scale_of(kind, new)
            made = await self._dynamic.mutate_below(write, asked, before)
            if made is not asked:
                new = scaled(kind, new, made)
            await self._dynamic.validate(write, scale_of(kind, new), before)
        elif subresource != "binding":
            await self._dynamic.validate(write, new, old)
        charge = self._admission.charging(kind, namespace, new, old, subresource, self.store)
        new = self._kept(kind, new)
        last = deletion.completed_by_update(kind, old, new)
        if new == stored_as or options.dry_run or last:
            # It is counted nowhere, or gone at once; it must be allowed all the same.
            charge()
        if new == stored_as:
            return conversion.served(kind, old)
        _storable(new, weight)
        version = old["metadata"]["resourceVersion"]
        key: Key = (kind.resource, namespace, name)
        if options.dry_run:
            stored = new
        elif last:
            stored = await self.store.delete(key, version, new)
        else:
            stored = await self.store.update(key, new, version, charge)
        return conversion.served(kind, self._read(kind, stored))

    @staticmethod
    def _tells(kind: Kind, subresource: str) -> bool:
        """Whether what is sent there says something of the metadata."""
        return subresource in ("", "status") or subresource in kind.strategy.parts

    def _mutate_again(self, kind: Kind, new: Object, old: Object | None) -> None:
        self._admission.mutate(kind.resource, new, old, self.store)

    async def admit_below(self, write: Write, new: Object) -> Object:
        """Ask policies and webhooks about what is sent to a path below an object, or to none that is stored; `new` is its
        whole body. The answer is the body as they left it."""

        async def admit() -> Object:
            return await self._dynamic.admit_below(write, new)

        return await _judged(write.options.weight, write.options, admit)

    def _problems(
        self, kind: Kind, old: Object | None, new: Object, subresource: str, options: WriteOptions
    ) -> Sequence[FieldError]:
        problems: list[FieldError] = []
        if subresource == "status" and old is not None:
            status_problems = kind.strategy.status_problems(new, old, self._facts(new, options))
            if options.requester is not None:
                problems += claim_access.problems(kind, new, old, options.requester)
            problems += status_problems
            if options.requester is not None and not problems:
                problems += certificate_access.problems(kind, new, old, options.requester)
        elif subresource in kind.strategy.parts and old is not None:
            problems += kind.strategy.part_problems(new, old, subresource)
        elif subresource in ("", "scale"):
            problems += kind.strategy.problems(new, old, self._facts(new, options))
        elif subresource == "finalize":
            problems += kind.strategy.finalizer_problems(new)
        return problems

    def _facts(self, obj: Object, options: WriteOptions) -> Facts:
        home = self.store.get(("/namespaces", "", obj["metadata"].get("namespace", ""))) or {"metadata": {}}
        return Facts(self._gates, home["metadata"].get("labels") or {}, options.warnings.append)

    def check_identity(
        self, kind: Kind, namespace: str, name: str, old: Object, meta: Object, options: WriteOptions
    ) -> None:
        _check_name(name, meta)
        if meta.get("namespace", namespace) != namespace:
            raise errors.other_namespace()
        current = old["metadata"]
        if (meta.get("resourceVersion") or current["resourceVersion"]) != current["resourceVersion"]:
            raise errors.conflict(kind.group, kind.plural, name, _STALE)
        # For a patch, the id is a field like others, which does not change.
        if options.patch is None:
            _check_uid(kind, old, meta)

    def _merged(self, kind: Kind, old: Object, candidate: Object, given: Object, subresource: str) -> Object:
        """What is stored: the candidate's part that this path may write, and the old object's rest; `given` is what of
        its metadata counts.
        """
        meta = metadata.kept(old["metadata"], given)
        part = kind.strategy.parts.get(subresource)
        if part is not None:
            return {**part(old, candidate, metadata.now()), "metadata": meta}
        if subresource == "status":
            if kind.form is None:
                return {**old, "metadata": meta, "status": candidate.get("status") or {}}
            return _with_status(old, candidate, {"metadata": meta})
        if subresource == "finalize":
            spec = {**(old.get("spec") or {})}
            finalizers = (candidate.get("spec") or {}).get("finalizers")
            if finalizers:
                spec["finalizers"] = finalizers
            else:
                spec.pop("finalizers", None)
            return {**old, "metadata": dict(old["metadata"]), "spec": spec}
        if subresource == "binding":
            parts: Object = {part: candidate[part] for part in ("spec", "status") if part in candidate}
            return {**old, **parts, "metadata": meta}
        if kind.form is not None:
            candidate["metadata"] = meta
            return _with_status(candidate, old, {}) if kind.status else candidate
        if kind.status:
            # Defaulting needs a status to stand where one stands, and must not change the stored one.
            candidate["status"] = copy.deepcopy(old.get("status") or {})
        candidate["metadata"] = meta
        self._default(kind, candidate, old)
        if kind.status:
            candidate["status"] = old.get("status") or {}
        return candidate

    async def delete(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        delete_options: Object,
        options: WriteOptions | None = None,
    ) -> Object:
        """Remove or mark (see `deletion`); the answer is the object, or a Status where the original sends one."""
        deletion.check_options(delete_options)
        options = options or WriteOptions()
        warned = deletion.warning(kind, delete_options)
        if warned:
            options.warnings.append(warned)
        # Of an eviction it was asked before whether that may be.
        itself = not (options.requester and options.requester.asked.subresource)
        for _ in range(_CHANGE_TRIES):
            old = self._stored(kind, namespace, name)
            deletion.check_preconditions(kind, old, delete_options)
            if itself:
                restrictions.check(self.store, options.requester, kind, "delete", None, old)
                await self._admit_deletion(kind, old, name, delete_options, options)
            if self.store.get((kind.resource, namespace, name)) is old:
                break
        else:
            raise errors.conflict(kind.group, kind.plural, name, _STALE)
        last, removed = await self._delete(kind, old, delete_options, options)
        shown = conversion.served(kind, self._read(kind, last))
        return deletion.answer(kind, shown) if removed else shown

    async def _admit_deletion(
        self, kind: Kind, old: Object, named: str, delete_options: Object, options: WriteOptions
    ) -> None:
        meta = old["metadata"]
        namespace = meta.get("namespace", "")
        options.given = {k: v for k, v in delete_options.items() if k not in ("kind", "apiVersion")}
        if options.dry_run:
            options.given["dryRun"] = ["All"]

        async def admit() -> None:
            write = Write(DELETE, kind, "", namespace, options, named)
            await self._dynamic.mutate_deletion(write, old)
            await self._dynamic.validate(write, None, old)

        await _judged(self.store.weight((kind.resource, namespace, meta["name"])), options, admit)

    async def _delete(
        self, kind: Kind, old: Object, delete_options: Object, options: WriteOptions
    ) -> tuple[Object, bool]:
        """The object as it is now or was last, and whether it is gone."""
        decision = deletion.decide(kind, old, delete_options, datetime.datetime.now(datetime.UTC))
        meta = old["metadata"]
        key: Key = (kind.resource, meta.get("namespace", ""), meta["name"])
        match decision:
            case deletion.Removed():
                removed = old if options.dry_run else await self.store.delete(key, meta["resourceVersion"])
                return removed, True
            case deletion.Marked(marked):
                if options.dry_run:
                    return marked, False
                return await self.store.update(key, marked, meta["resourceVersion"]), False
        return old, False

    async def delete_collection(
        self,
        kind: Kind,
        namespace: str | None,
        match: Match,
        delete_options: Object,
        options: WriteOptions | None = None,
        weight: int = 0,
    ) -> Object:
        """Delete every object that matches; the answer is the list of them as they were. `weight` is that of the list."""
        deletion.check_options(delete_options)
        options = options or WriteOptions()
        found = await beside.call(weight, self.listing(kind, ListOptions()), namespace, match)
        pauses = beside.Pauses()
        for obj in found["items"]:
            await pauses
            meta = obj["metadata"]
            current = self.store.get((kind.resource, meta.get("namespace", ""), meta["name"]))
            if current is not None and current["metadata"]["uid"] == meta["uid"]:
                deletion.check_preconditions(kind, current, delete_options)
                restrictions.check(self.store, options.requester, kind, "delete", None, current)
                await self._admit_deletion(kind, current, "", delete_options, options)
                if self.store.get((kind.resource, meta.get("namespace", ""), meta["name"])) is not current:
                    continue
                await self._delete(kind, current, delete_options, options)
        return found


async def _judged(weight: int, options: WriteOptions, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The coroutine's result; it is begun again beside the event loop if policies turn out to be much work.

    What a refused write is warned of is told, too.
    """
    said = len(options.warnings)
    try:
        try:
            return await beside.run(weight, make)
        except TooHeavyError:
            del options.warnings[said:]
            return await beside.run(beside.LIGHT + 1, make)
    except errors.StatusError as failure:
        failure.warnings = list(options.warnings)
        raise


def _weight(kind: Kind, size: int) -> int:
    """How heavy work is on an object of this size."""
    return size * kind.strategy.effort + (kind.form.weight if kind.form is not None else 0)


def _check_name(name: str, given: Object) -> None:
    if given.get("name", name) != name:
        raise errors.bad_request(
            f"the name of the object ({given['name']}) does not match the name on the URL ({name})"
        )


def _check_uid(kind: Kind, old: Object, given: Object) -> None:
    there = old["metadata"]
    if given.get("uid", there["uid"]) != there["uid"]:
        why = f"Precondition failed: UID in precondition: {given['uid']}, UID in object meta: {there['uid']}"
        raise errors.conflict(kind.group, kind.plural, there["name"], why)


def _completed(sent: Object, old: Object) -> Object:
    """What was sent, with the metadata that belongs to the server and need not be sent back."""
    return {**sent, "metadata": metadata.kept(old["metadata"], sent.get("metadata") or {})}


def _storable(obj: Object, weight: int) -> None:
    """Raises TooLargeError, where the store would, before the loop has to look at it."""
    if weight > beside.LIGHT:
        size = len(msgspec.json.encode(obj))
        if size > LARGEST:
            raise TooLargeError(size)


def _counted(kind: Kind, obj: Object) -> tuple[Object, Object]:
    """That of an object whose changes its generation counts."""
    told = {field: obj["metadata"].get(field) or {} for field in kind.strategy.counts}
    apart = ("metadata", "status") if kind.status or kind.form is None else ("metadata",)
    return {k: v for k, v in obj.items() if k not in apart}, told


def _with_status(obj: Object, other: Object, more: Object) -> Object:
    """An object with the status of another, or without one where that has none."""
    made = {**{k: v for k, v in obj.items() if k != "status"}, **more}
    return {**made, "status": other["status"]} if "status" in other else made


__all__ = ["Change", "Match", "Object", "Rest"]
