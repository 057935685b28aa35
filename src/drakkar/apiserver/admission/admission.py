"""Completes new and changed objects from what else is stored, and refuses what the cluster's state forbids."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver.admission import pods, service_addresses
from drakkar.apiserver.storage.store import Store

Object = dict[str, Any]


async def settle(resource: str, namespace: str, given: Object, store: Store) -> None:
    """Wait a moment for what a controller is just making, as the default account of a new namespace."""
    if resource == "/pods" and store.get(("/namespaces", "", namespace)) is not None:
        await pods.wait_for_account(namespace, given, store)


def refuse(resource: str, new: Object) -> None:
    """Refuse at once what can never become of an object, by StatusError 403."""
    if resource == "/pods":
        pods.check_mirror(new)


def check(resource: str, new: Object, store: Store) -> None:
    """Refuse at the moment of the write what somebody else has got meanwhile."""
    if resource == "/services":
        service_addresses.assign(new, None, store)


def prepare(resource: str, new: Object, store: Store) -> None:
    """Complete a new object in place, before it is looked at; raises StatusError 403."""
    if resource == "/pods":
        pods.admit(new, store)


def admit(resource: str, new: Object, store: Store) -> None:
    """Give a new object that is well what there is but once; raises StatusError 422."""
    if resource == "/services":
        service_addresses.assign(new, None, store)


def admit_update(resource: str, old: Object, new: Object, store: Store) -> None:
    """Complete a changed object in place, with what it had before; raises StatusError 422."""
    if resource == "/pods":
        pods.tolerate(new.get("spec") or {})
    elif resource == "/services":
        service_addresses.assign(new, old, store)
