"""Listens with TLS on uvicorn, and lets the application see the subject of a client's verified certificate."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import functools
import gc
import resource
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from drakkar.api.gates import Gates
from drakkar.apiserver import beside
from drakkar.apiserver.access import system_roles
from drakkar.apiserver.access.authentication import Peer
from drakkar.apiserver.access.tokens import TokenIssuer
from drakkar.apiserver.admission import admission
from drakkar.apiserver.admission.configuration import PLAIN, AdmissionConfig
from drakkar.apiserver.audit.config import AuditConfig
from drakkar.apiserver.connections import client_certificates, tls
from drakkar.apiserver.connections.connection import Connection
from drakkar.apiserver.connections.door import Door
from drakkar.apiserver.connections.limits import LIMITS, InFlight, Limits
from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.http.gate import PEER, StoreGate
from drakkar.apiserver.kinds import built_in, metadata
from drakkar.apiserver.resources import api_services, bootstrap, flow_objects, role_reconciliation, upkeep
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.resources.proxy import TAKE_OVER
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage import expiry
from drakkar.apiserver.storage.store import Store

SERVICE_IP = "10.96.0.1"
DATABASE = "objects.sqlite"  # in the data directory
_GRACE = 5
# As long as kube-apiserver keeps a connection on which nothing is asked.
_IDLE = 90
# Files that are no connections.
_OTHER_FILES = 100


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Where the server keeps its objects, where it listens, and its certificates."""

    data_dir: Path
    port: int
    client_ca_file: Path
    tls_cert_file: Path
    tls_private_key_file: Path
    service_account_signing_key_file: Path
    bind_address: str = "127.0.0.1"
    kubelet_client_certificate: Path | None = None
    kubelet_client_key: Path | None = None
    kubelet_certificate_authority: Path | None = None
    feature_gates: frozenset[str] = Gates.default()
    limits: Limits = LIMITS
    event_ttl: datetime.timedelta = expiry.LIFETIME
    audit: AuditConfig | None = None
    admission: AdmissionConfig = PLAIN


class _Protocol(Connection):
    """Tells the application who the peer is, and hands it the bare connection when a client asks to upgrade it."""

    @functools.cached_property
    def _peer(self) -> Peer | None:
        connection = self.transport.get_extra_info("ssl_object")
        return client_certificates.peer(connection) if connection else None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope[PEER] = self._peer
        scope[TAKE_OVER] = self._take_over

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.parser.should_upgrade():
            # Past this request the bytes are no HTTP, even if the upgrade is refused.
            self.cycle.keep_alive = False

    def _unsupported_upgrade_warning(self) -> None:
        # What the client sends next belongs to whoever takes the connection over; until then it waits.
        self.flow.pause_reading()

    def _take_over(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.cycle.disconnected = True
        self.give_away()
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        reader = asyncio.StreamReader(loop=self.loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self.loop)
        protocol.connection_made(self.transport)
        self.transport.set_protocol(protocol)
        self.transport.resume_reading()
        return reader, asyncio.StreamWriter(self.transport, protocol, reader, self.loop)


async def plant(rest: Rest, port: int) -> None:
    """Create the bootstrap objects that are not there yet, bring those up to date that are the server's own, and give roles
    and bindings what they lack of their own."""
    for obj in bootstrap.objects(SERVICE_IP, port):
        kind = rest.kinds.named(obj["apiVersion"], obj["kind"])
        try:
            await rest.create(kind, obj["metadata"].get("namespace", ""), obj)
        except StatusError as error:
            if error.code != 409:
                raise
    now = metadata.now()
    kept = (*bootstrap.ranges(now), *flow_objects.objects(now), *api_services.objects(rest.kinds))
    for obj in kept:
        await upkeep.keep(rest, rest.kinds.named(obj["apiVersion"], obj["kind"]), obj)
    for role in (*system_roles.objects(), *system_roles.of_the_parts()):
        kind = rest.kinds.named(role["apiVersion"], role["kind"])
        await role_reconciliation.reconcile(rest, kind, role)


def _affordable(limits: Limits) -> Limits:
    """The limits that the process has the files for; it takes all that it may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + _OTHER_FILES
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return dataclasses.replace(limits, connections=max(allowed - _OTHER_FILES, 1))


def _listening(config: ServerConfig, app: Starlette, door: Door) -> uvicorn.Config:
    """How uvicorn serves the application: by TLS, behind the door."""
    listening = uvicorn.Config(
        app,
        server_header=False,
        # Who is connected is who asks; nobody's word for somebody else is taken.
        proxy_headers=False,
        host=config.bind_address,
        port=config.port,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        ssl_certfile=str(config.tls_cert_file),
        ssl_keyfile=str(config.tls_private_key_file),
        ssl_ca_certs=str(config.client_ca_file),
        ssl_cert_reqs=ssl.CERT_OPTIONAL,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=_GRACE,
    )
    listening.load()
    if listening.ssl is not None:
        client_certificates.ask(listening.ssl)
    tls.terminate(listening, door)
    return listening


async def run(config: ServerConfig, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then let requests in flight end, five seconds at most."""
    sys.setswitchinterval(beside.SWITCH)
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    # What cannot be told is not begun.
    auditor = None if config.audit is None else config.audit.open()
    store = Store(config.data_dir / DATABASE)
    try:
        rest = Rest(store, built_in.registry(), config.feature_gates, admission.built_in(config.admission))
        with store.together():
            await plant(rest, config.port)
            await upkeep.keep_trust(rest, config.client_ca_file.read_text())
        issuer = TokenIssuer(config.service_account_signing_key_file)
        kubelets = Kubelets(
            config.kubelet_client_certificate,
            config.kubelet_client_key,
            config.kubelet_certificate_authority,
        )
        door = Door(_affordable(config.limits))
        gate = StoreGate(store, issuer, kubelets.shown)
        app = build_app(rest, gate, issuer, kubelets, InFlight(config.limits), auditor)
        # What is stored stays, and need not be looked at by every collection.
        gc.freeze()
        server = uvicorn.Server(_listening(config, app, door))
        serving = asyncio.create_task(server._serve())
        stopping = asyncio.create_task(stop.wait())
        sweeping = asyncio.create_task(expiry.run(store, config.event_ttl))
        looking = asyncio.create_task(door.watch_clock())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        store.end_watches()
        server.should_exit = True
        stopping.cancel()
        sweeping.cancel()
        looking.cancel()
        await serving
    finally:
        store.close()
        if auditor is not None:
            auditor.close()
