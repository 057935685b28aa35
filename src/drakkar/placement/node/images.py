"""Which nodes say that they have which container images, and how good that makes them for a pod that is started from these."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.core import ContainerImage, Pod

_MIB = 1024 * 1024
# Less is not worth a thought, and more of one image, or where there is none, no more than this.
_LEAST, _MOST = 23 * _MIB, 1000 * _MIB


class _Image:
    """`size` is what the first node said, in bytes."""

    __slots__ = ("nodes", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.nodes: set[str] = set()


class Images:
    """By name, as nodes write it."""

    def __init__(self) -> None:
        self._images: dict[str, _Image] = {}

    def copy(self) -> Images:
        """One that changes by itself."""
        made = Images()
        for name, image in self._images.items():
            other = made._images[name] = _Image(image.size)
            other.nodes = set(image.nodes)
        return made

    def changed(
        self, node: str, before: Iterable[ContainerImage], now: Iterable[ContainerImage]
    ) -> frozenset[str]:
        """A node had these and has those; the names of which something is otherwise."""
        had = {name for one in before for name in one.names}
        has = {name: one.size_bytes for one in reversed(tuple(now)) for name in one.names}
        gone, new = had - has.keys(), has.keys() - had
        for name in gone:
            image = self._images[name]
            image.nodes.discard(node)
            if not image.nodes:
                del self._images[name]
        for name in new:
            image = self._images.setdefault(name, _Image(has[name]))
            image.nodes.add(node)
        return frozenset(gone | new)

    def of(self, pod: Pod) -> tuple[str, ...]:
        """Those of a pod's images that any node has."""
        return tuple(name for name in _names(pod) if name in self._images) if self._images else ()

    def score(self, node: str, wanted: Iterable[str], count: int, nodes: int) -> int:
        """Upstream's ImageLocality, of 100: `wanted` are of a pod's `count` images those that any node has, and there are
        so many nodes in all.
        """
        total = 0
        for name in wanted:
            image = self._images.get(name)
            if image is not None and node in image.nodes:
                total += int(image.size * (len(image.nodes) / nodes))
        most = _MOST * count
        return 100 * (min(max(total, _LEAST), most) - _LEAST) // (most - _LEAST)


def _names(pod: Pod) -> list[str]:
    """The images that the pod is started from, under the names that nodes have them by."""
    spec = pod.spec
    named = [one.image for one in (*spec.init_containers, *spec.containers)]
    for volume in spec.volumes:
        image = volume.get("image")
        if isinstance(image, dict):
            named.append(str(image.get("reference") or ""))
    return [name if name.rfind(":") > name.rfind("/") else f"{name}:latest" for name in named]
