"""Listens with TLS on uvicorn, and lets the application see the subject of a client's verified certificate."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from drakkar.apiserver import bootstrap
from drakkar.apiserver.app import build_app
from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.gate import PEER, StoreGate
from drakkar.apiserver.kinds import KINDS
from drakkar.apiserver.rest import Rest
from drakkar.apiserver.store import Store
from drakkar.apiserver.tokens import TokenIssuer

SERVICE_IP = "10.96.0.1"
_GRACE = 5


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


class _PeerProtocol(HttpToolsProtocol):
    def on_message_begin(self) -> None:
        super().on_message_begin()
        certificate: dict[str, Any] | None = self.transport.get_extra_info("peercert")
        # The TLS layer has already checked it against the client CA; without one there is no subject.
        scope: dict[str, Any] = self.scope  # type: ignore[assignment]
        scope[PEER] = certificate.get("subject") if certificate else None


async def plant(store: Store, port: int) -> None:
    """Create the bootstrap objects that are not there yet; what a user changed stays changed."""
    rest = Rest(store)
    kinds = {(kind.api_version, kind.kind): kind for kind in KINDS}
    for obj in bootstrap.objects(SERVICE_IP, port):
        kind = kinds[obj["apiVersion"], obj["kind"]]
        try:
            await rest.create(kind, obj["metadata"].get("namespace", ""), obj)
        except StatusError as error:
            if error.code != 409:
                raise


async def run(config: ServerConfig, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then let requests in flight end, five seconds at most."""
    config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = Store(config.data_dir / "objects.sqlite")
    try:
        await plant(store, config.port)
        gate = StoreGate(store, TokenIssuer(config.service_account_signing_key_file))
        server = uvicorn.Server(
            uvicorn.Config(
                build_app(store, gate),
                host=config.bind_address,
                port=config.port,
                http=_PeerProtocol,
                ws="none",
                lifespan="off",
                log_level="warning",
                ssl_certfile=str(config.tls_cert_file),
                ssl_keyfile=str(config.tls_private_key_file),
                ssl_ca_certs=str(config.client_ca_file),
                ssl_cert_reqs=ssl.CERT_OPTIONAL,
                timeout_graceful_shutdown=_GRACE,
            )
        )
        serving = asyncio.create_task(server._serve())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        stopping.cancel()
        await serving
    finally:
        store.close()
