"""What the scheduler hears of volumes: claims, volumes and classes; one that cannot be read is left out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from drakkar.api.object import Object, Uid, key_of
from drakkar.api.resource import DecodeError, decode
from drakkar.api.storage import StorageClass, Volume, VolumeClaim
from drakkar.client.changes import Change
from drakkar.placement import StoredVolumes

from .attention import Attention

log = logging.getLogger(__name__)
T = TypeVar("T", VolumeClaim, Volume, StorageClass)


class VolumeWatch:
    """`moved` hears of what may help a pod that waits, `attention` of claims that somebody waits for."""

    def __init__(self, stored: StoredVolumes, moved: Callable[[], None], attention: Attention) -> None:
        self._stored, self._moved, self._attention = stored, moved, attention

    def on_claim(self, change: Change) -> None:
        obj = _either(change)
        self._stored.set_claim(key_of(obj), _read(VolumeClaim, change.new))
        self._attention.changed(Uid(str(obj["metadata"].get("uid") or "")))
        self._moved()

    def on_volume(self, change: Change) -> None:
        self._stored.set_volume(_either(change)["metadata"]["name"], _read(Volume, change.new))
        self._moved()

    def on_class(self, change: Change) -> None:
        self._stored.set_class(_either(change)["metadata"]["name"], _read(StorageClass, change.new))
        self._moved()


def _either(change: Change) -> Object:
    obj = change.new if change.new is not None else change.old
    assert obj is not None
    return obj


def _read(kind: type[T], obj: Object | None) -> T | None:
    try:
        return None if obj is None else decode(kind, obj)
    except (DecodeError, RecursionError) as error:
        name = "/".join(filter(None, key_of(obj or {})))
        log.error("%s %s cannot be read and is left out: %s", kind.__name__, name, error)
        return None
