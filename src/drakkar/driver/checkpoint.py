"""A small JSON state file that survives crashes and notices corruption."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from drakkar.driver.atomic_file import write_atomically
from drakkar.driver.errors import CorruptCheckpointError


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Checkpoint:
    """One file holding one JSON value and its checksum."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Any:
        """The stored value, or None when nothing was stored yet."""
        try:
            document = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise CorruptCheckpointError(f"{self.path}: {error}") from error
        if not isinstance(document, dict) or document.get("checksum") != _digest(document.get("data")):
            raise CorruptCheckpointError(f"{self.path}: checksum does not match")
        return document["data"]

    def store(self, data: Any) -> None:
        """Replace the stored value; durable on return."""
        document = {"checksum": _digest(data), "data": data}
        write_atomically(self.path, json.dumps(document).encode(), mode=0o600)
