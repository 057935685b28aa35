"""The `process` runtime: a container is a local process group under a shim, in a mount namespace where there can be one.

It gives a container its environment, files, devices, user and rights; CPU and memory limits and a network of its own it
does not give.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import drakkar
from drakkar.api.object import Uid
from drakkar.kubelet.host.seclusion import Seclusion
from drakkar.kubelet.runtime.addresses import PodAddresses
from drakkar.kubelet.runtime.container import (
    ContainerSpec,
    ContainerState,
    ContainerUsage,
    Invocation,
    Restrictions,
)
from drakkar.kubelet.runtime.errors import (
    ContainerRuntimeError,
    NotRunningError,
    StillRunningError,
    UnknownContainerError,
)
from drakkar.kubelet.runtime.interface import Connection, RuntimeStatus
from drakkar.kubelet.runtime.process import container_files as files
from drakkar.kubelet.runtime.process import enter, script
from drakkar.kubelet.runtime.process.attachment import ProcessAttachment
from drakkar.kubelet.runtime.process.connection import connect
from drakkar.kubelet.runtime.process.exec_session import ProcessSession, open_session
from drakkar.kubelet.runtime.process.guests import end_members, open_namespace
from drakkar.kubelet.runtime.process.images import ImageTable
from drakkar.kubelet.runtime.process.mounts import Isolation, fitted
from drakkar.kubelet.runtime.process.security_context import restrictions
from drakkar.kubelet.runtime.process.usage import usage
from drakkar.kubelet.runtime.sandbox import Sandbox, SandboxSpec
from drakkar.kubelet.runtime.security import SecurityRequest

_log = logging.getLogger(__name__)
# More than a shim takes at most for a container and its command.
_START_SECONDS = 70.0
# How long a killed process may take to be gone; longer means that it hangs in the kernel.
_KILL_SECONDS = 10.0
# A shim that has begun writes its state soon, and tells nobody whom it does not know.
_SHIM_SECONDS = 0.01
_LOST = 137


@dataclass(slots=True)
class _Container:
    spec: ContainerSpec
    directory: Path
    state: ContainerState
    shim: subprocess.Popen[bytes] | None = None
    shim_pid: int = 0
    pidfd: int = -1
    # Its start has come to an end, one way or the other.
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    # Whose namespaces are the container's, and when that process started.
    holder: tuple[int, int] = (0, 0)
    # Of the container's mount namespace, once somebody has run a command in it.
    namespace: int | None = None
    sessions: weakref.WeakSet[ProcessSession] = field(default_factory=weakref.WeakSet)

    def end_guests(self) -> None:
        """Commands run in the container do not outlive it."""
        for session in self.sessions:
            session.kill()
        if self.namespace is not None:
            end_members(self.namespace)
            self.let_go()

    def let_go(self) -> None:
        """Close the namespace's descriptor."""
        if self.namespace is not None:
            os.close(self.namespace)
            self.namespace = None


class ProcessRuntime:
    """Containers as local processes, as isolated as `isolation` says (see mounts.probe)."""

    name = "process"

    def __init__(
        self,
        directory: Path,
        isolation: Isolation,
        log_bytes: int = 10 * 1024 * 1024,
        seclusion: Seclusion | None = None,
        images: ImageTable | None = None,
        addresses: PodAddresses | None = None,
    ) -> None:
        self._directory = directory
        self._isolation = isolation
        self._images = images or ImageTable(directory / "images.toml")
        self._addresses = addresses or PodAddresses("127.0.0.1")
        self._sandboxes: dict[str, Sandbox] = {}
        self._seclusion = seclusion or Seclusion()
        self._log_bytes = log_bytes
        self._containers: dict[str, _Container] = {}
        self._handlers: list[Callable[[ContainerState], None]] = []

    def status(self) -> RuntimeStatus:
        """See ContainerRuntime."""
        return RuntimeStatus(self.name, drakkar.__version__, self._isolation.message)

    async def image(self, reference: str, command: Sequence[str], args: Sequence[str]) -> Invocation:
        """See ContainerRuntime. There are no images: a table says which local command one stands for."""
        return self._images.resolve(reference, command, args)

    def restrict(self, asked: SecurityRequest) -> Restrictions:
        """See ContainerRuntime."""
        return restrictions(asked, self._isolation)

    async def run_sandbox(self, spec: SandboxSpec) -> Sandbox:
        """See ContainerRuntime. All that a pod's processes share here is an address."""
        ip = self._addresses.take(spec.pod_uid, spec.ip, spec.host_network)
        found = self._sandboxes[spec.pod_uid] = Sandbox(spec.pod_uid, ip)
        return found

    async def remove_sandbox(self, pod_uid: Uid) -> None:
        """See ContainerRuntime."""
        self._sandboxes.pop(pod_uid, None)
        self._addresses.free(pod_uid)

    async def port_forward(self, pod_uid: Uid, port: int) -> Connection:
        """See ContainerRuntime."""
        sandbox = self._sandboxes.get(pod_uid)
        if sandbox is None:
            raise OSError("the pod has no address")
        return await connect(sandbox.ip, port)

    def on_exit(self, handler: Callable[[ContainerState], None]) -> None:
        """See ContainerRuntime."""
        self._handlers.append(handler)

    def containers(self, pod_uid: Uid | None = None) -> list[ContainerState]:
        """See ContainerRuntime."""
        found = [c.state for c in self._containers.values() if pod_uid in (None, c.spec.pod_uid)]
        return sorted(found, key=lambda state: (state.spec.name, state.spec.attempt))

    async def recover(self) -> None:
        """See ContainerRuntime. Containers that run are taken over, ended ones keep their exit code."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for directory in sorted(self._directory.iterdir()):
            spec = files.read_spec(directory)
            if spec is None:
                # The kubelet ended before it had written what to run, so nothing runs.
                shutil.rmtree(directory, ignore_errors=True)
                continue
            container = _Container(spec, directory, ContainerState(spec, "created"))
            self._containers[spec.id] = container
            await self._adopt(container)

    async def _adopt(self, container: _Container) -> None:
        state = await self._wait_for_state(container.directory)
        if state is None or not files.alive(state["shim"], state["shim_start"]):
            self._settle(container)
            return
        self._running(container, state)

    async def _wait_for_state(self, directory: Path) -> dict[str, Any] | None:
        """state.json; where a shim has only just begun, once it is there."""
        end = time.monotonic() + _START_SECONDS
        while True:
            state = files.read(directory / files.STATE)
            if state is not None or time.monotonic() > end:
                return state
            try:
                with open(directory / "lock", "a") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return files.read(directory / files.STATE)
            except BlockingIOError:
                await asyncio.sleep(_SHIM_SECONDS)

    def _running(self, container: _Container, state: dict[str, Any]) -> None:
        container.state = ContainerState(
            container.spec, "running", pid=state["pid"], started_at=state["started_at"]
        )
        container.begun.set()
        container.holder = (state["init"], state["init_start"])
        container.shim_pid = state["shim"]
        try:
            container.pidfd = os.pidfd_open(state["shim"])
        except ProcessLookupError:
            self._settle(container)
            return
        asyncio.get_running_loop().add_reader(container.pidfd, self._shim_ended, container)

    def _shim_ended(self, container: _Container) -> None:
        asyncio.get_running_loop().remove_reader(container.pidfd)
        os.close(container.pidfd)
        container.pidfd = -1
        if container.shim is not None:
            container.shim.wait()
        self._settle(container)
        container.end_guests()
        for handler in self._handlers:
            handler(container.state)

    def _settle(self, container: _Container) -> None:
        """Write down the end of a container whose shim has ended."""
        result = files.read(container.directory / files.EXIT)
        state = files.read(container.directory / files.STATE) or {}
        if result is None:
            if state and files.alive(state["pid"], state["pid_start"]):
                # Nobody reads its output or will see its end any more.
                self._signal(state["pid"], signal.SIGKILL)
            what = "the container's end was not seen" if state else "the container was never started"
            result = {
                "code": _LOST if state else enter.START_FAILED,
                "finished_at": time.time(),
                "failure": what,
            }
            try:
                files.write(container.directory / files.EXIT, result)
            except OSError as error:
                # It has ended all the same; a later kubelet finds that out as we have.
                _log.error("container %s: its end is not written down: %s", container.spec.id, error)
        container.state = ContainerState(
            container.spec,
            "exited",
            pid=state.get("pid", 0),
            started_at=state.get("started_at", result["finished_at"]),
            finished_at=result["finished_at"],
            exit_code=result["code"],
            failure=result["failure"],
        )
        container.begun.set()
        container.ended.set()

    async def start(self, spec: ContainerSpec) -> ContainerState:
        """See ContainerRuntime."""
        if spec.id in self._containers:
            raise ContainerRuntimeError(f"container {spec.id} exists")
        spec = fitted(spec, self._isolation)
        directory = self._directory / spec.id
        try:
            popen = self._spawn(spec, directory)
        except (OSError, ValueError) as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise ContainerRuntimeError(f"cannot start container {spec.name}: {error}") from error
        container = _Container(replace(spec, env={}), directory, ContainerState(spec, "created"), popen)
        self._containers[spec.id] = container
        assert popen.stdout is not None
        with popen.stdout as output:
            await asyncio.to_thread(output.read)
        state = files.read(directory / files.STATE)
        if state is None:
            await asyncio.to_thread(popen.wait, _KILL_SECONDS)
            self._settle(container)
            for handler in self._handlers:
                asyncio.get_running_loop().call_soon(handler, container.state)
        else:
            self._running(container, state)
        return container.state

    def _spawn(self, spec: ContainerSpec, directory: Path) -> subprocess.Popen[bytes]:
        directory.mkdir(parents=True, mode=0o700)
        (directory / "stage").mkdir()
        spec.log_path.parent.mkdir(parents=True, exist_ok=True)
        files.write_plan(directory, spec, self._isolation.mode, self._seclusion)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            files.write_spec(directory, spec, self._log_bytes)
            return subprocess.Popen(
                script.command("shim", str(directory), str(lock)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(lock,),
                cwd="/",
                env=script.ENVIRONMENT,
            )
        finally:
            os.close(lock)

    def _known(self, container_id: str) -> _Container:
        container = self._containers.get(container_id)
        if container is None:
            raise UnknownContainerError(f"container {container_id} is not known")
        return container

    def _known_running(self, container_id: str) -> _Container:
        container = self._known(container_id)
        if container.state.status != "running":
            raise NotRunningError(f"container {container.spec.name} is not running")
        return container

    @staticmethod
    def _signal(pid: int, number: int) -> None:
        if pid <= 1:
            # 0 and 1 would mean our own group and everybody.
            raise ContainerRuntimeError(f"no process to signal: pid {pid}")
        try:
            # The container's process leads a group of its own, with the pid's number.
            os.killpg(pid, number)
        except ProcessLookupError:
            # Between fork and setsid there is no such group yet, or there is none any more.
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    async def stop(self, container_id: str, grace_seconds: float) -> ContainerState:
        """See ContainerRuntime. SIGTERM, and SIGKILL to what is left after the grace; of one that is just being started,
        once there is a process.
        """
        container = self._known(container_id)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await container.begun.wait()
        except TimeoutError:
            raise StillRunningError(f"container {container.spec.name} is still being started") from None
        for number, seconds in ((signal.SIGTERM, max(grace_seconds, 0.0)), (signal.SIGKILL, _KILL_SECONDS)):
            if container.ended.is_set():
                break
            if number == signal.SIGTERM and grace_seconds <= 0:
                continue
            self._signal(container.state.pid, number)
            try:
                async with asyncio.timeout(seconds):
                    await container.ended.wait()
            except TimeoutError:
                continue
        if not container.ended.is_set():
            raise StillRunningError(f"container {container.spec.name} does not end, not even killed")
        return container.state

    async def remove(self, container_id: str) -> None:
        """See ContainerRuntime."""
        container = self._known(container_id)
        if not container.ended.is_set():
            raise StillRunningError(f"container {container.spec.name} still runs")
        for path in (
            container.spec.log_path,
            container.spec.log_path.with_name(container.spec.log_path.name + ".1"),
        ):
            path.unlink(missing_ok=True)
        shutil.rmtree(container.directory, ignore_errors=True)
        del self._containers[container_id]

    async def exec(
        self, container_id: str, argv: Sequence[str], stdin: bool = False, tty: bool = False
    ) -> ProcessSession:
        """See ContainerRuntime."""
        container = self._known_running(container_id)
        if not argv:
            raise ContainerRuntimeError("you must specify at least 1 command for the container")
        init, started = container.holder
        arguments = (str(container.directory / files.PLAN), str(init), str(started), str(int(tty)), *argv)
        if container.namespace is None and init:
            container.namespace = open_namespace(init)
        try:
            session = await open_session(script.command("enter", *arguments), stdin, tty, script.ENVIRONMENT)
        except (OSError, ValueError) as error:
            raise ContainerRuntimeError(f"exec: {error}") from error
        container.sessions.add(session)
        if container.ended.is_set():
            # It ended while the command was started.
            session.kill()
        return session

    async def attach(self, container_id: str, outputs: Sequence[str], stdin: bool) -> ProcessAttachment:
        """See ContainerRuntime."""
        container = self._known(container_id)
        pipe = container.directory / "stdin" if stdin and container.spec.stdin else None
        return ProcessAttachment(container.spec.log_path, outputs, pipe, lambda: not container.ended.is_set())

    async def stats(self, container_id: str) -> ContainerUsage:
        """See ContainerRuntime."""
        container = self._known_running(container_id)
        return await asyncio.to_thread(usage, container.shim_pid)

    def close(self) -> None:
        """See ContainerRuntime."""
        loop = asyncio.get_running_loop()
        for container in self._containers.values():
            container.let_go()
            if container.pidfd >= 0:
                loop.remove_reader(container.pidfd)
                os.close(container.pidfd)
                container.pidfd = -1
