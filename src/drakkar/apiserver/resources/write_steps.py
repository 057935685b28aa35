"""What every write goes through, be it a creation or an update: defaults, owners, admission, the rules of its kind."""

from __future__ import annotations

from functools import partial

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access import certificate_access, claim_access
from drakkar.apiserver.admission.admission import Admission
from drakkar.apiserver.admission.pod_security import Writer
from drakkar.apiserver.kinds import device_gates, metadata
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Facts
from drakkar.apiserver.resources import ownership
from drakkar.apiserver.resources.dynamic_admission import DynamicAdmission
from drakkar.apiserver.resources.stored_objects import StoredObjects
from drakkar.apiserver.resources.write import Candidate, Write
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.storage.change import Check
from drakkar.validation.field_error import FieldError


class WriteSteps:
    """The steps of one server. `dynamic` are the webhooks and policies, of which the validating ones come last."""

    def __init__(
        self, objects: StoredObjects, dynamic: DynamicAdmission, gates: frozenset[str], admission: Admission
    ) -> None:
        self._objects = objects
        self._store = objects.store
        self._gates = gates
        self._admission = admission
        self.dynamic = dynamic

    def complete(self, kind: Kind, new: Object) -> None:
        """Give a new object what it has before anybody looks at it, in place."""
        self.default(kind, new, None)
        if kind.status and kind.form is None:
            new.setdefault("status", {})

    def default(self, kind: Kind, new: Object, old: Object | None) -> None:
        """Drop the fields of gates that are off, and fill in what was left out, in place."""
        device_gates.drop(kind.strategy.gated, new, old, self._gates)
        kind.strategy.complete(new, old, metadata.now())

    async def take(self, candidate: Candidate) -> None:
        """Take an object through the steps, in place; StatusError where one refuses."""
        write, old, new = candidate.write, candidate.old, candidate.new
        kind, subresource, options = write.kind, write.subresource, write.options
        # Nobody is blamed for what is added from here on,
        told = dict(candidate.told)
        # and it belongs to nobody: whoever applies the object may leave it out.
        ownership.record(candidate, self._objects.looked_at(kind))
        if subresource == "" and kind.strategy.generate is not None:
            kind.strategy.generate(new, old)
        self._mutate(kind, new, old, subresource)
        if kind.is_own(subresource):
            own = partial(self._mutate, subresource=subresource)
            if await self.dynamic.mutate(write, new, old, candidate.made_again, own):
                told = dict(new["metadata"])
        if old is None:
            certificate_access.introduce(kind, new, options.requester)
        problems = self._metadata_problems(candidate, told) + self._problems(write, new, old)
        if problems:
            raise errors.invalid(kind.group, kind.kind, new["metadata"].get("name", ""), problems)
        if subresource == "":
            options.warnings += kind.strategy.warnings(new, old)
        certificate_access.check(kind, new, old, subresource, options.requester)
        self._admission.validate(kind.resource, new, old, subresource, self._store)
        options.warnings += await self._admission.secure(
            kind, new, old, subresource, self._store, _writer(options)
        )

    def _mutate(self, kind: Kind, new: Object, old: Object | None, subresource: str) -> None:
        if subresource == "":
            self._admission.mutate(kind.resource, new, old, self._store)
        elif subresource in kind.strategy.parts and old is not None:
            self._admission.mutate_part(kind.resource, new, old, subresource, self._store)

    def charging(self, write: Write, new: Object, old: Object | None) -> Check:
        """What the quotas say of it, which is asked last of all; see `Admission.charging`."""
        return self._admission.charging(write.kind, write.namespace, new, old, write.subresource, self._store)

    @staticmethod
    def _metadata_problems(candidate: Candidate, told: Object) -> list[FieldError]:
        write, old = candidate.write, candidate.old
        if old is not None:
            return metadata.update_problems(write.kind, old["metadata"], told, write.subresource)
        return metadata.problems(write.kind, told, candidate.new)

    def _problems(self, write: Write, new: Object, old: Object | None) -> list[FieldError]:
        strategy, subresource = write.kind.strategy, write.subresource
        if subresource == "status" and old is not None:
            return self._status_problems(write, new, old)
        if subresource in strategy.parts and old is not None:
            return list(strategy.part_problems(new, old, subresource))
        if subresource in ("", "scale"):
            return list(strategy.problems(new, old, self._facts(write, new)))
        if subresource == "finalize":
            return list(strategy.finalizer_problems(new))
        return []

    def _status_problems(self, write: Write, new: Object, old: Object) -> list[FieldError]:
        kind, requester = write.kind, write.options.requester
        found = list(kind.strategy.status_problems(new, old, self._facts(write, new)))
        if requester is None:
            return found
        problems = [*claim_access.problems(kind, new, old, requester), *found]
        if not problems:
            problems += certificate_access.problems(kind, new, old, requester)
        return problems

    def _facts(self, write: Write, obj: Object) -> Facts:
        home = self._store.get(("/namespaces", "", obj["metadata"].get("namespace", ""))) or {"metadata": {}}
        return Facts(self._gates, home["metadata"].get("labels") or {}, write.options.warnings.append)


def _writer(options: WriteOptions) -> Writer:
    asking = options.requester
    return Writer() if asking is None else Writer(asking.user.name, asking.annotations)
