"""A cluster whose every part but the API server speaks through a proxy, and can be killed and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from dataclasses import replace
from pathlib import Path

from drakkar.cluster import processes, readiness
from drakkar.cluster.running import endpoint, free_port
from drakkar.cluster.state import Settings, StateDirectory
from drakkar.cluster.supervisor import Part, Supervisor
from drakkar.kubelet.runtime.process.leftover import end_containers

from .proxy import Proxy

NODE = "drakkar-worker"


class Cluster:
    """`proxies` by part; use as a context manager."""

    def __init__(self, path: Path, dice: random.Random, devices: int = 6, simulated_nodes: int = 3) -> None:
        self.state = StateDirectory(path)
        self.settings = Settings(port=free_port(), nodes=1, devices=devices, simulated_nodes=simulated_nodes)
        self.kubeconfig = self.state.kubeconfig
        self.proxies: dict[str, Proxy] = {}
        self.kills: dict[str, int] = {}
        self._dice = dice
        self._supervisor: Supervisor | None = None
        self._pids: dict[str, int] = {}

    async def __aenter__(self) -> Cluster:
        self.state.path.mkdir(parents=True, mode=0o700)
        made = processes.certificates(self.state, self.settings)
        self._supervisor = Supervisor(self.state.logs, lambda name, pid, _: self._pids.update({name: pid}))
        try:
            self._supervisor.start(processes.apiserver(self.state, self.settings, made))
            access = endpoint(self.state, self.settings)
            await readiness.server(access, 60)
            for part in processes.kubelets(self.state, self.settings):
                await self._start(part)
            for part in processes.others(self.state, self.settings):
                await self._start(part)
            await readiness.nodes(access, {NODE}, 60)
            for part in (
                *processes.drivers(self.state, self.settings),
                *processes.simulated(self.state, self.settings),
            ):
                await self._start(part)
            await readiness.nodes(access, set(processes.simulated_names(self.settings)), 60)
            await readiness.devices(access, {NODE, *processes.simulated_names(self.settings)}, 60)
            await readiness.accounts(access, {"default"}, 60)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._supervisor is not None
        await self._supervisor.stop()
        for proxy in self.proxies.values():
            await proxy.stop()
        await asyncio.to_thread(end_containers, self.state.path / "nodes" / NODE, 5.0)

    async def _start(self, part: Part) -> None:
        """Start the part with its kubeconfig replaced by that of a proxy."""
        assert self._supervisor is not None
        given = next(word for word in part.command if word.startswith("--kubeconfig="))
        own = Path(given.removeprefix("--kubeconfig="))
        proxy = await Proxy(own, self._dice).start()
        self.proxies[part.name] = proxy
        through = proxy.kubeconfig(own.with_name(f"{own.name}-through-proxy"))
        command = [f"--kubeconfig={through}" if word == given else word for word in part.command]
        if part.name == "controllers":
            # What pods get to trust the server by; a kubeconfig without TLS names none.
            command.append(f"--root-ca-file={self.state.pki / 'ca.crt'}")
        self._supervisor.start(replace(part, command=command))

    def kill(self, name: str) -> None:
        """End a part as the kernel's memory killer would; its supervisor starts it again."""
        pid = self._pids.get(name)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.kills[name] = self.kills.get(name, 0) + 1

    @property
    def parts(self) -> list[str]:
        return ["apiserver", *self.proxies]

    def logs(self, lines: int = 15) -> str:
        """The end of every part's log."""
        text = ""
        for path in sorted(self.state.logs.glob("*.log")):
            text += f"\n--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
        return text
