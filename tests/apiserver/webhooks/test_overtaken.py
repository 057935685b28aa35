"""What is stored while the webhooks are read counts for the next request."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from webhook_program import webhook

from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.requester import Requester
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.policies.request import CREATE, AdmissionRequest
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.webhooks.webhooks import Webhooks

RESOURCE = "admissionregistration.k8s.io/mutatingwebhookconfigurations"


def _done(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that waits for nothing."""
    with pytest.raises(StopIteration) as ended:
        coroutine.send(None)
    return ended.value.value


def _during(store: Store, act: Callable[[], None]) -> Callable[..., list[Any]]:
    """The store's `list`, the first time somebody else acts after the configurations were read."""
    listed, first = store.list, [True]

    def reading(resource: str, namespace: str | None = None) -> list[Any]:
        found = listed(resource, namespace)
        if resource == RESOURCE and first:
            first.clear()
            act()
        return found

    return reading


def test_a_webhook_that_comes_while_they_are_read_is_asked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = registry()
    webhooks = Webhooks(store, kinds)
    kind = kinds.named("v1", "ConfigMap")
    requester = Requester(User("alice", ()), Attributes("create", "", "configmaps"), None)  # type: ignore[arg-type]
    new = {"metadata": {"name": "m", "labels": {"case": "w"}}}
    request = AdmissionRequest(CREATE, kind, "", "a", "m", new, None, None, False, requester)
    hook = webhook("w", {"url": "https://127.0.0.1:1/"})

    def stored_by_another() -> None:
        _done(store.create((RESOURCE, "", "w"), {"metadata": {"name": "w"}, "webhooks": [hook]}))
        assert webhooks.mutation(request) is not None

    monkeypatch.setattr(store, "list", _during(store, stored_by_another))
    assert webhooks.mutation(request) is None
    assert webhooks.mutation(request) is not None
