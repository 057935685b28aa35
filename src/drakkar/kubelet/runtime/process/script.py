"""How the kubelet starts the scripts beside its containers: bare interpreters with nothing but the standard library."""

from __future__ import annotations

import sys
from pathlib import Path

_SOURCES = str(Path(__file__).parents[4])
# They inherit nothing of ours: an environment may hold secrets, and a container may come to see it.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def command(module: str, *arguments: str) -> list[str]:
    """The command that runs `main` of a module of this room."""
    code = f"import sys; sys.path.append({_SOURCES!r}); from {__package__}.{module} import main; sys.exit(main())"
    return [sys.executable, "-I", "-S", "-c", code, *arguments]
