"""Which local command an image stands for, where no images can be had.

The built-in table maps busybox and alpine to the host's own shell, the example driver to Drakkar's, and Ollama to
`ollama` of the host or to a stand-in that says what it is. A user adds rows in `images.toml` of the node's root:

    [[image]]
    match = "registry.example.com/tool:*"       # shell wildcards; looked at before the built-in rows
    command = ["/opt/tool/bin/tool", "serve"]   # runs when the pod names no command
    programs = { tool = ["/opt/tool/bin/tool"] } # what the first word of a pod's command is replaced by
    env = { TOOL_ADDRESS = "$(POD_IP):8080" }   # below the pod's own variables
    files = { "/tool" = "/opt/tool/bin/tool" }  # where a container has a tree of its own
"""

from __future__ import annotations

import fnmatch
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drakkar.kubelet.runtime.container import Invocation
from drakkar.kubelet.runtime.errors import ImageUnavailableError

_MAX_ROWS = 1000


class UnknownImageError(ImageUnavailableError):
    """An image that no row names, of a container without a command."""


class ImageTableError(ImageUnavailableError):
    """A user's images.toml that cannot be used; the message names the row and the key."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    match: str
    command: tuple[str, ...] = ()
    programs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    # Scripts put on the container's PATH, for `kubectl exec`.
    path_programs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note: str = ""
    # What a container finds at these paths.
    files: Mapping[str, str] = field(default_factory=dict)


def _builtin() -> tuple[Row, ...]:
    python = (sys.executable, "-m")
    shell = ("/bin/sh",)
    ollama = shutil.which("ollama")
    if ollama:
        ollama_row = Row("alpine/ollama", (ollama, "serve"), {"ollama": (ollama,)})
    else:
        # The lab's, and known here by name only. Also through a file of the kubelet's, so that `kubectl exec POD --
        # ollama …` finds it as well.
        standin = (*python, "drakkar.cluster.lab.ollama_standin")
        ollama_row = Row(
            "alpine/ollama",
            (*standin, "serve"),
            {"ollama": standin},
            path_programs={"ollama": standin},
            note="no ollama on this host: a stand-in answers in its place",
        )
    ollama_row = Row(
        ollama_row.match,
        ollama_row.command,
        ollama_row.programs,
        {"OLLAMA_HOST": "$(POD_IP):11434"},
        ollama_row.path_programs,
        ollama_row.note,
    )
    return (
        Row("busybox", shell),
        Row("alpine", shell),
        Row(
            "registry.k8s.io/dra-example-driver/dra-example-driver",
            (*python, "drakkar", "driver", "example"),
            {"dra-example-kubeletplugin": (*python, "drakkar", "driver", "example")},
            # Its health service listens where the probe looks, so that two nodes' drivers can use one port.
            {"DRAKKAR_POD_IP": "$(POD_IP)"},
        ),
        ollama_row,
        Row("ollama/ollama", *_fields(ollama_row)),
    )


def _fields(row: Row) -> tuple[Any, ...]:
    return row.command, row.programs, row.env, row.path_programs, row.note


def repository(image: str) -> str:
    """An image's name without tag, digest and the parts that Docker implies."""
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    name = head + slash + last.partition(":")[0]
    return name.removeprefix("docker.io/").removeprefix("index.docker.io/").removeprefix("library/")


def _strings(row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ImageTableError(f"{where}: {key} must be a list of strings")
    return tuple(value)


def read_table(path: Path) -> tuple[Row, ...]:
    """A user's rows; none where there is no file."""
    try:
        document = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as error:
        raise ImageTableError(f"{path}: {error}") from None
    listed = document.get("image", [])
    if not isinstance(listed, list) or len(listed) > _MAX_ROWS:
        raise ImageTableError(f"{path}: image must be a list of at most {_MAX_ROWS} tables")
    rows: list[Row] = []
    for number, item in enumerate(listed, 1):
        where = f"{path}: image {number}"
        if not isinstance(item, dict) or not isinstance(item.get("match"), str):
            raise ImageTableError(f"{where}: match must be a string")
        unknown = sorted(set(item) - {"match", "command", "programs", "env", "files"})
        if unknown:
            raise ImageTableError(f"{where}: unknown key {unknown[0]}")
        programs, env, files = (item.get(key, {}) for key in ("programs", "env", "files"))
        if not all(isinstance(one, dict) for one in (programs, env, files)):
            raise ImageTableError(f"{where}: programs, env and files must be tables")
        for target, source in files.items():
            if not (target.startswith("/") and isinstance(source, str) and source.startswith("/")):
                raise ImageTableError(
                    f"{where}: files must be whole paths by whole paths, and {target!r} is not"
                )
        rows.append(
            Row(
                item["match"],
                _strings(item, "command", where),
                {name: _strings(programs, name, where) for name in programs},
                {name: str(value) for name, value in env.items()},
                files=files,
            )
        )
    return tuple(rows)


class ImageTable:
    """The built-in rows and a user's, which are read anew whenever the file changes."""

    def __init__(self, user_file: Path) -> None:
        self._file = user_file
        self._builtin = _builtin()

    def row(self, image: str) -> Row | None:
        """The first row that names the image."""
        for row in read_table(self._file):
            if fnmatch.fnmatchcase(image, row.match) or fnmatch.fnmatchcase(repository(image), row.match):
                return row
        return next((row for row in self._builtin if row.match == repository(image)), None)

    def resolve(self, image: str, command: Sequence[str], args: Sequence[str]) -> Invocation:
        """What to run for an image and a container's command and args; UnknownImageError when there is nothing."""
        row = self.row(image)
        if row is None:
            if not command:
                raise UnknownImageError(
                    f'no local command is known for image "{image}": give the container a command, or add '
                    f'to {self._file}: [[image]] match = "{repository(image)}:*" command = ["PROGRAM", …]'
                )
            return Invocation((*command, *args), {})
        if command:
            first = row.programs.get(command[0], (command[0],))
            return Invocation((*first, *command[1:], *args), row.env, row.note, row.files)
        if not row.command:
            raise UnknownImageError(
                f'the row for image "{image}" in {self._file} has no command, nor has the container'
            )
        return Invocation((*self._entrypoint(row, args), *args), row.env, row.note, row.files)

    @staticmethod
    def _entrypoint(row: Row, args: Sequence[str]) -> tuple[str, ...]:
        # An image's default command is its entrypoint plus its default args, which a pod's args replace: a
        # shell image has no entrypoint, and the others here have one that takes subcommands.
        if not args:
            return row.command
        if row.command == ("/bin/sh",):
            return ()
        return next(iter(row.programs.values()), row.command)

    def install_programs(self, directory: Path) -> None:
        """Write the built-in rows' programs as scripts, where containers find them on their PATH."""
        for row in self._builtin:
            for name, argv in row.path_programs.items():
                words = " ".join("'" + word.replace("'", "'\\''") + "'" for word in argv)
                script = directory / name
                script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
                script.chmod(0o755)
