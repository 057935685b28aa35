"""Command line of the example driver: flags, each also readable from the environment, and the run itself."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drakkar.api.gates import Gate, GateError, Gates, Stage
from drakkar.client import Client
from drakkar.driver import Plugin
from drakkar.driver.plugin.health import probe_sockets, start_health
from drakkar.driver.plugin.plugin import PLUGINS_DIRECTORY, REGISTRY_DIRECTORY
from drakkar.driver.publish.slice_diff import Pool
from drakkar.driver.publish.slice_names import BY_DEVICES
from drakkar.drivers.example.devices import enumerate_gpus
from drakkar.drivers.example.gpu_driver import DRIVER_NAME, GpuDriver
from drakkar.stopping import stopped_by

_log = logging.getLogger(__name__)
HEALTH_STOP_SECONDS = 2.0
# The original's own gates: of how it logs, which is otherwise here.
_LOGGING = {
    "ContextualLogging": Gate(Stage.BETA, on=True),
    "LoggingAlphaOptions": Gate(Stage.ALPHA, on=False),
    "LoggingBetaOptions": Gate(Stage.BETA, on=True),
}


@dataclass(frozen=True, slots=True)
class Options:
    """What one run needs to know."""

    node_name: str
    cdi_root: Path
    num_devices: int
    registrar_directory: Path
    plugins_directory: Path
    healthcheck_port: int
    healthcheck_host: str
    kubeconfig: str
    namespace: str


def parse(argv: Sequence[str], environment: Mapping[str, str]) -> Options:
    """Flags win over the environment."""
    parser = argparse.ArgumentParser(prog="dra-example-kubeletplugin", allow_abbrev=False)

    def flag(name: str, default: str, help_: str, kind: type = str) -> None:
        variable = name.upper().replace("-", "_")
        value = environment.get(variable) or default
        parser.add_argument(f"--{name}", default=value, type=kind, help=f"{help_} [${variable}]")

    flag("node-name", "", "the name of the node to be worked on")
    flag("namespace", "", "the namespace the driver runs in")
    flag("cdi-root", "/etc/cdi", "directory for CDI files", Path)
    flag("num-devices", "8", "how many GPUs to simulate", int)
    flag("kubelet-registrar-directory-path", str(REGISTRY_DIRECTORY), "the kubelet's plugin registry", Path)
    flag("kubelet-plugins-directory-path", str(PLUGINS_DIRECTORY), "the kubelet's plugin data", Path)
    flag("healthcheck-port", "-1", "gRPC health port; 0 picks one, negative is none", int)
    flag("kubeconfig", "", "kubeconfig file; without one the pod's service account is used")
    flag("v", "0", "log verbosity", int)
    flag("feature-gates", "", "gates that are not to be as Kubernetes 1.37 has them: A=true,B=false")
    found = parser.parse_args(argv)
    if not found.node_name:
        parser.error('Required flag "node-name" not set')
    try:
        # None of them changes what this driver does.
        Gates.parse(found.feature_gates, _LOGGING)
    except GateError as error:
        parser.error(f"--feature-gates: {error}")
    return Options(
        node_name=found.node_name,
        cdi_root=found.cdi_root,
        num_devices=found.num_devices,
        registrar_directory=found.kubelet_registrar_directory_path,
        plugins_directory=found.kubelet_plugins_directory_path,
        healthcheck_port=found.healthcheck_port,
        healthcheck_host=_health_host(environment, bool(found.kubeconfig)),
        kubeconfig=found.kubeconfig,
        namespace=found.namespace,
    )


def _health_host(environment: Mapping[str, str], beside: bool) -> str:
    # A kubelet probes the pod's address. Pods that share the host's network have one each, and a container that has a
    # network of its own may listen on all of it; a driver beside the kubelet is for this machine alone.
    return environment.get("DRAKKAR_POD_IP") or ("127.0.0.1" if beside else "[::]")


async def run(client: Client, options: Options, stop: asyncio.Event) -> None:
    """Serve and publish until stop is set."""
    data = options.plugins_directory / DRIVER_NAME
    data.mkdir(parents=True, exist_ok=True, mode=0o750)
    options.cdi_root.mkdir(parents=True, exist_ok=True, mode=0o750)
    devices = enumerate_gpus(options.num_devices, options.node_name)
    driver = GpuDriver(devices, options.cdi_root, data, options.node_name)
    plugin = Plugin(
        driver,
        DRIVER_NAME,
        client,
        options.node_name,
        registry_directory=options.registrar_directory,
        data_directory=data,
        # The example driver is built on a release that names slices so, and its users look for those names.
        slice_names=BY_DEVICES,
    )
    async with plugin:
        health = None
        if options.healthcheck_port >= 0:
            sockets = str(plugin.registrar_socket), str(plugin.dra_socket)
            health, port = await start_health(
                options.healthcheck_port, lambda: probe_sockets(*sockets), options.healthcheck_host
            )
            _log.info("healthcheck service listens on %s:%d", options.healthcheck_host, port)
        try:
            await plugin.publish({options.node_name: Pool(slices=({"devices": devices},))})
            await stop.wait()
        finally:
            if health is not None:
                await health.stop(HEALTH_STOP_SECONDS)


async def _main(options: Options) -> None:
    stop = stopped_by(signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)
    client = Client.from_kubeconfig(options.kubeconfig) if options.kubeconfig else Client.in_cluster()
    try:
        await run(client, options, stop)
    finally:
        await client.aclose()


def main(argv: Sequence[str]) -> int:
    """Run the driver until a signal; the exit status."""
    options = parse(argv, os.environ)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(_main(options))
    except Exception as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0
