"""How a webhook is reached: WebhookClientConfig, as admission and the conversion of custom kinds have it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from drakkar.api.object import Object

_HTTPS: Final = 443


@dataclass(frozen=True, slots=True)
class ServiceReference:
    """A service of the cluster and the path there."""

    namespace: str
    name: str
    path: str
    port: int

    @property
    def host(self) -> str:
        """The name that its certificate must have."""
        return f"{self.name}.{self.namespace}.svc"


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Either a `url` or a `service`, and who vouches for the other side: certificates in PEM, or the system's where there
    are none."""

    url: str
    service: ServiceReference | None
    authorities: str


def client_config(given: Object) -> ClientConfig:
    """Read one; what was stored past all rules is read as if nothing had been said."""
    service = given.get("service")
    reference = None
    if isinstance(service, dict):
        reference = ServiceReference(
            str(service.get("namespace") or ""),
            str(service.get("name") or ""),
            str(service.get("path") or ""),
            int(service.get("port") or _HTTPS),
        )
    return ClientConfig(str(given.get("url") or ""), reference, _pem(given.get("caBundle")))


def _pem(bundle: object) -> str:
    try:
        return base64.b64decode(str(bundle or "")).decode("ascii", "replace")
    except binascii.Error:
        return ""
