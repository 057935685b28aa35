"""Projects' files as their Go modules have them, read where the go command keeps them."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from pathlib import Path

_DOWNLOAD_S = 120


@functools.cache
def downloaded(module: str, version: str) -> Path | str:
    """The module's directory, or why there is none."""
    go = shutil.which("go")
    if go is None:
        return "there is no Go here"
    done = subprocess.run(
        [go, "mod", "download", "-json", f"{module}@{version}"],
        capture_output=True,
        text=True,
        timeout=_DOWNLOAD_S,
        cwd=Path(__file__).parent,
    )
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return done.stderr or "go mod download says nothing"
    return Path(found["Dir"]) if found.get("Dir") else str(found.get("Error"))
