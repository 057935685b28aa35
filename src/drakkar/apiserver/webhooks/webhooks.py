"""All webhooks of a server: put to work by their configurations, asked about each write that concerns them."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import msgspec

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.admission_policies import GROUP
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.json_patch import json_patch
from drakkar.apiserver.policies.concerned import Concerned
from drakkar.apiserver.policies.evaluation import Room
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.webhooks import caller, review
from drakkar.apiserver.webhooks.annotations import Asked
from drakkar.apiserver.webhooks.errors import CallError
from drakkar.apiserver.webhooks.hook import Hook, hooks
from drakkar.apiserver.webhooks.review import Question, Reply
from drakkar.apiserver.webhooks.waiting import Waiting

_LOGGER = logging.getLogger(__name__)
_MUTATING: Final = f"{GROUP}/mutatingwebhookconfigurations"
_VALIDATING: Final = f"{GROUP}/validatingwebhookconfigurations"
# As long as a request may take, whatever the webhooks' own limits come to.
_SECONDS: Final = 60.0
# So many of one request are asked at a time, each on a connection of its own.
_AT_ONCE: Final = 25
# Who asks whether somebody may do something does not do it.
_VIRTUAL: Final = ("authentication.k8s.io", "authorization.k8s.io")


class Webhooks:
    """The webhooks that are stored, as they are now."""

    def __init__(self, store: Store, kinds: Registry) -> None:
        self.store = store
        self.kinds = kinds
        self._waiting = Waiting()
        self._concerned = {
            resource: Concerned(store, kinds, (resource,), partial(self._hooks, resource))
            for resource in (_MUTATING, _VALIDATING)
        }

    def _hooks(self, resource: str) -> Iterable[Hook]:
        stored = self.store.list(resource)
        beside.demand(self.store.extent(resource)[1])
        return _read(stored)

    def mutation(self, request: AdmissionRequest) -> Mutation | None:
        """The way of a write through the mutating webhooks; None where none of them may be about it."""
        found = self._about(_MUTATING, request)
        return Mutation(self, request, found) if found else None

    async def validate(self, request: AdmissionRequest) -> None:
        """Ask the validating webhooks, many at once; StatusError where one refuses."""
        room = Room(beside.is_aside())
        matched: list[tuple[Hook, Kind]] = []
        for hook in self._about(_VALIDATING, request):
            kind = await hook.match(request, self.store, self.kinds, room)
            if kind is not None:
                matched.append((hook, kind))
        until = time.monotonic() + _SECONDS
        for first in range(0, len(matched), _AT_ONCE):
            some = matched[first : first + _AT_ONCE]
            calls = [
                _Call(hook, request, _question(hook, request, kind), _asked(request, hook, 0, at))
                for at, (hook, kind) in enumerate(some, first)
            ]
            await self._allowed(calls, until - time.monotonic())

    async def _allowed(self, calls: list[_Call], seconds: float) -> None:
        """Ask some at once; StatusError where one refuses."""

        async def all_asked() -> list[errors.StatusError | None]:
            asked = []
            async with asyncio.TaskGroup() as group:
                for one in calls:
                    asked.append(group.create_task(self._validated(one)))
                    # To begin a connection is work: others have a turn before the next one.
                    await asyncio.sleep(0)
            return [one.result() for one in asked]

        refusals = await beside.away(lambda: _in_time(all_asked(), seconds))
        for one in refusals:
            if one is not None:
                raise one

    async def _validated(self, call: _Call) -> errors.StatusError | None:
        try:
            answer = await self.call(call, mutating=False)
        except errors.StatusError as refusal:
            return refusal
        return None if answer is None or answer.allowed else _denied(call.hook, answer)

    async def call(self, call: _Call, mutating: bool) -> Reply | None:
        """What a webhook says, None where it cannot be asked and that does not matter; StatusError."""
        hook, request = call.hook, call.request
        if request.dry_run and not hook.runs_dry:
            raise errors.bad_request(f"admission webhook {quoted(hook.name)} does not support dry run")
        try:
            if isinstance(call.question, CallError):
                raise call.question
            with self._waiting.one(hook.uid):
                body = await _called(self.store, hook, call.question)
            answer = await beside.call(len(body), review.reply, call.question, body, mutating)
        except CallError as failure:
            _failed(hook, failure)
            call.asked.passed_over(mutating)
            return None
        call.asked.said(answer.annotations)
        request.warnings.extend(answer.warnings)
        return answer

    def _about(self, resource: str, request: AdmissionRequest) -> tuple[Hook, ...]:
        group = request.kind.group
        if group == GROUP or group in _VIRTUAL:
            # A webhook that is about webhooks could never be taken away again.
            return ()
        return self._concerned[resource].by(request)


@dataclass(frozen=True, slots=True)
class _Call:
    """A webhook and what it is to be asked; an error where there is nothing that it understands."""

    hook: Hook
    request: AdmissionRequest
    question: Question | CallError
    asked: Asked


@dataclass(frozen=True, slots=True)
class Changed:
    """An object as a webhook left it, in this version of the resource."""

    kind: Kind
    object: Object


class Mutation:
    """One write on its way through the mutating webhooks, one after the other. A second round asks those again that want
    it, where the object was changed after they had looked at it."""

    def __init__(self, webhooks: Webhooks, request: AdmissionRequest, concerned: tuple[Hook, ...]) -> None:
        self._webhooks = webhooks
        self._request = request
        self._concerned = concerned
        self._room = Room(beside.is_aside())
        self._asked: set[str] = set()
        self._again: set[str] = set()
        self._left: Object | None = None
        self._second = False

    async def next(self, new: Object | None) -> Changed | None:
        """Ask the next webhooks about the object, until one has changed it; None at the end of the round."""
        if self._second and self._left is not None and new != self._left:
            # What the server itself did since counts as a change.
            self._again |= self._asked
            self._left = None
        while self._concerned:
            hook, self._concerned = self._concerned[0], self._concerned[1:]
            if self._second and hook.uid not in self._again:
                continue
            changed = await self._ask(hook, dataclasses.replace(self._request, new=new))
            if changed is not None:
                self._again |= self._asked
            if hook.asked_again:
                self._asked.add(hook.uid)
            if changed is not None:
                return changed
        return None

    def again(self, left: Object) -> Mutation:
        """The second round, which follows on a first that changed the object and `left` it so."""
        second = Mutation(self._webhooks, self._request, self._webhooks._about(_MUTATING, self._request))
        second._asked, second._again = self._asked, self._again
        second._left, second._second = left, True
        return second

    async def _ask(self, hook: Hook, request: AdmissionRequest) -> Changed | None:
        webhooks = self._webhooks
        kind = await hook.match(request, webhooks.store, webhooks.kinds, self._room)
        if kind is None:
            return None
        asked = _asked(request, hook, int(self._second), hook.index)
        try:
            changed = await self._changed(_Call(hook, request, _question(hook, request, kind), asked), kind)
        except errors.StatusError:
            asked.mutated(False)
            raise
        asked.mutated(changed is not None)
        return changed

    async def _changed(self, call: _Call, kind: Kind) -> Changed | None:
        webhooks, hook, request = self._webhooks, call.hook, call.request
        sent = request.versioned(kind, request.new)
        answer = await beside.away(lambda: _in_time(webhooks.call(call, mutating=True), _SECONDS))
        if answer is None:
            return None
        if not answer.allowed:
            raise _denied(hook, answer)
        # Where much is changed, the webhook is asked once more from beside the loop.
        beside.demand(len(answer.patch))
        try:
            operations = review.operations(answer)
        except CallError as failure:
            _failed(hook, failure)
            call.asked.passed_over(True)
            return None
        if not operations:
            return None
        if sent is None:
            raise errors.internal(
                f"admission webhook {quoted(hook.name)} attempted to modify the object, "
                "which is not supported for this operation"
            )
        try:
            patched = json_patch(sent, operations)
        except PatchError as failure:
            raise errors.internal(failure.message) from None
        if not isinstance(patched, dict):
            raise errors.internal(f"admission webhook {quoted(hook.name)} made no object of it")
        beside.demand(len(msgspec.json.encode(patched)))
        call.asked.patched(operations)
        return Changed(kind, patched) if patched != sent else None


def _read(configurations: Iterable[Object]) -> Iterable[Hook]:
    # The store lists by name, which is their order.
    before = 0
    for one in configurations:
        yield from hooks(one, before)
        before += len(one.get("webhooks") or ())


def _question(hook: Hook, request: AdmissionRequest, kind: Kind) -> Question | CallError:
    try:
        return review.question(hook.source, request, kind, request.versioned(kind, request.new))
    except CallError as failure:
        return failure


def _asked(request: AdmissionRequest, hook: Hook, turn: int, at: int) -> Asked:
    return Asked(request.requester.annotations, hook, turn, at)


async def _called(store: Store, hook: Hook, question: Question) -> bytes:
    try:
        return await caller.ask(store, hook.client_config, question.body, hook.seconds)
    except CallError as failure:
        raise CallError(f"failed to call webhook: {failure}") from None


def _failed(hook: Hook, failure: CallError) -> None:
    """A webhook that did not answer as it should: StatusError 500, or nothing where that does not matter."""
    why = f"failed calling webhook {quoted(hook.name)}: {failure}"
    if not hook.fails_open:
        raise errors.internal(why)
    _LOGGER.warning("%s; the request passes", why)


async def _in_time(waiting: Any, seconds: float) -> Any:
    try:
        async with asyncio.timeout(seconds):
            return await waiting
    except TimeoutError:
        raise errors.timeout("request did not complete within requested timeout") from None


def _denied(hook: Hook, answer: Reply) -> errors.StatusError:
    """What a webhook says of why, as an error; what makes no sense there is put right."""
    result = answer.result
    code = result.get("code")
    code = code if isinstance(code, int) and 400 <= code < 600 else 400
    by = f"admission webhook {quoted(hook.name)} denied the request"
    said, reason = str(result.get("message") or ""), str(result.get("reason") or "")
    message = f"{by}: {said or reason}" if said or reason else f"{by} without explanation"
    details = result.get("details")
    return errors.StatusError(code, reason, message, details if isinstance(details, dict) else None)
