"""Ends what is left on the node of pods that the API does not know any more: containers, claims, and files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from drakkar.api.object import Uid
from drakkar.client.lifetime import is_cancelled
from drakkar.kubelet.host.remove_tree import remove_tree
from drakkar.kubelet.pods.launch import pod_directory
from drakkar.kubelet.pods.life import FORCED_GRACE
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.runtime.container import ContainerState

_log = logging.getLogger(__name__)
_RETRY, _LONGEST_RETRY = 1.0, 60.0


class Orphans:
    """`known` tells the UIDs of all pods that the API has or somebody still works on, as of now."""

    def __init__(self, node: NodeContext, known: Callable[[], set[Uid]]) -> None:
        self._node = node
        self._known = known
        self._ending: dict[Uid, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Look now and whenever woken, until cancelled. To be called once all pods of the API are known."""
        try:
            while True:
                self._wake.clear()
                self._look()
                await self._wake.wait()
        finally:
            tasks = list(self._ending.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """A pod has gone that nobody works on, or what an orphan waits for may have come."""
        self._wake.set()

    def _look(self) -> None:
        """Each orphan has a task of its own: one that does not end keeps nobody else's devices."""
        known = self._known()
        for uid in sorted(self._left() - known - self._ending.keys()):
            self._begin(uid)

    def _begin(self, uid: Uid) -> None:
        task = self._ending[uid] = asyncio.create_task(self._end(uid))
        task.add_done_callback(lambda _: self._ending.pop(uid, None))

    def _left(self) -> set[Uid]:
        """Whose rest is here: a container, a claim or a directory."""
        states = self._node.runtime.containers()
        directories = {Uid(path.name) for path in self._node.config.pods_dir.iterdir()}
        return {state.spec.pod_uid for state in states} | self._node.dra.stale_pods(set()) | directories

    async def _end(self, uid: Uid) -> None:
        _log.info("ending pod %s, which the API does not know any more", uid)
        pause = _RETRY
        while True:
            try:
                await self._end_once(uid)
                return
            except (Exception, asyncio.CancelledError) as error:
                if is_cancelled():
                    raise
                _log.warning(
                    "pod %s is gone, its rest is not: %s; will try again", uid, str(error) or repr(error)
                )
            try:
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            except TimeoutError:
                pause = min(pause * 2, _LONGEST_RETRY)

    async def _end_once(self, uid: Uid) -> None:
        runtime = self._node.runtime
        ends = (self._end_container(state) for state in runtime.containers(uid))
        # One that does not end holds up none of the others.
        for error in await asyncio.gather(*ends, return_exceptions=True):
            if error is not None:
                raise error
        await runtime.remove_sandbox(uid)
        try:
            await self._node.dra.unprepare_pod(uid)
        finally:
            # There are Secrets in it, which need not wait for a driver.
            await asyncio.to_thread(remove_tree, pod_directory(self._node, uid))

    async def _end_container(self, state: ContainerState) -> None:
        if state.running:
            await self._node.runtime.stop(state.spec.id, FORCED_GRACE)
        await self._node.runtime.remove(state.spec.id)
