"""Finds out how to reach a cluster: from a kubeconfig, or from the service account mounted into a container."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drakkar.client.errors import AccessError

_MOUNTED = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class Access:
    """An API server's URL and what proves who we are."""

    server: str
    ssl_context: ssl.SSLContext | None
    token: str | None = None
    token_file: Path | None = None


def _configuration(path: str | Path | None, context: str | None = None) -> Any:
    """What the kubernetes package makes of a kubeconfig; AccessError where it cannot."""
    # Imported here because it takes a third of a second, and a pod's own client never needs it.
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, load_kube_config

    configuration = Configuration()
    try:
        load_kube_config(  # type: ignore[no-untyped-call]
            config_file=None if path is None else str(path),
            context=context,
            client_configuration=configuration,
            persist_config=False,
        )
    except ConfigException as error:
        raise AccessError(f"kubeconfig {path or 'default'}: {error}") from None
    return configuration


def authority(path: str | Path | None) -> bytes:
    """The certificate authority (PEM) by which a kubeconfig trusts its server; nothing where it names none."""
    configuration = _configuration(path)
    return Path(configuration.ssl_ca_cert).read_bytes() if configuration.ssl_ca_cert else b""


def load(path: str | Path | None, context: str | None = None) -> Access:
    """Read a kubeconfig with every authentication method that the kubernetes package knows."""
    configuration = _configuration(path, context)
    server = str(configuration.host)
    secure: ssl.SSLContext | None = None
    if server.startswith("https:"):
        secure = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
        if not configuration.verify_ssl:
            secure.check_hostname = False
            secure.verify_mode = ssl.CERT_NONE
        if configuration.cert_file:
            secure.load_cert_chain(configuration.cert_file, configuration.key_file)
    header = (configuration.api_key or {}).get("authorization") or ""
    return Access(server, secure, header.removeprefix("Bearer ").strip() or None)


def in_cluster(directory: Path | None = None) -> Access:
    """The access that the kubelet gives a container; `directory` is where the account is mounted."""
    mounted = directory or Path(os.environ.get("DRAKKAR_SERVICE_ACCOUNT_DIR", str(_MOUNTED)))
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port:
        raise AccessError(
            "not inside a cluster: KUBERNETES_SERVICE_HOST and _PORT are not set; give --kubeconfig"
        )
    if not (mounted / "token").exists():
        raise AccessError(f"no service account token at {mounted / 'token'}")
    secure = ssl.create_default_context(cafile=str(mounted / "ca.crt"))
    address = f"[{host}]" if ":" in host else host
    return Access(f"https://{address}:{port}", secure, token_file=mounted / "token")
