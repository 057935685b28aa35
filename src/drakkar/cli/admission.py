"""The flags of kube-apiserver that say how admission works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from drakkar.apiserver.admission.configuration import AdmissionConfig

ConfigFile = Annotated[
    Path | None, typer.Option(help="An apiserver.config.k8s.io/v1 AdmissionConfiguration.")
]
Enabled = Annotated[
    str, typer.Option(metavar="NAME,NAME", help="Admission plugins beside those that are on anyway.")
]
Disabled = Annotated[str, typer.Option(metavar="NAME,NAME", help="Admission plugins that are left out.")]


def read(path: Path | None, enabled: str, disabled: str) -> AdmissionConfig:
    """How admission works; ends the command for what cannot be had."""
    from drakkar.apiserver.admission.configuration import configured
    from drakkar.apiserver.admission.errors import ConfigurationError, PluginError

    try:
        return configured(path, _names(enabled), _names(disabled))
    except PluginError as failure:
        raise typer.BadParameter(str(failure), param_hint="admission plugins") from None
    except ConfigurationError as failure:
        raise typer.BadParameter(
            f"failed to read plugin config: {failure}", param_hint="--admission-control-config-file"
        ) from None


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")] if text else []
