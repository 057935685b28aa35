"""How CDI devices, and the files that define them, are called."""

from __future__ import annotations

import re

from drakkar.driver.errors import CdiError

_UNSAFE = re.compile(r"[/:]")


def qualified_name(kind: str, device: str) -> str:
    """The id by which a runtime is asked for a device."""
    return f"{kind}={device}"


def parse_id(device_id: str) -> tuple[str, str]:
    """Split vendor/class=name into kind and name; CdiError when a part is missing."""
    kind, separator, name = device_id.partition("=")
    vendor, slash, class_ = kind.partition("/")
    if not (separator and slash and vendor and class_ and name):
        raise CdiError(f"unqualified device {device_id!r}")
    return kind, name


def spec_file_name(kind: str, key: str) -> str:
    """File name of a spec made for one claim (or another transient thing)."""
    return f"{kind.replace('/', '-')}_{_UNSAFE.sub('_', key)}.json"
