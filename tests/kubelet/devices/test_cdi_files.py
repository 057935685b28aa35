"""What may lie in a CDI directory: whatever it is, it costs only itself, and never the event loop."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from drakkar.driver.errors import CdiError
from drakkar.kubelet.devices import cdi_files
from drakkar.kubelet.devices.cdi_files import CdiFiles

ID = "v.example/gpu=0"


def good(value: str = "1") -> str:
    devices = [{"name": "0", "containerEdits": {"env": [f"A={value}"]}}]
    return json.dumps({"cdiVersion": "0.5.0", "kind": "v.example/gpu", "devices": devices})


def _bomb(path: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60))]
    path.with_suffix(".yaml").write_text("\n".join(lines))


def _link(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def _yaml(text: str) -> Callable[[Path], object]:
    return lambda path: path.with_suffix(".yaml").write_text(text)


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "fifo": (os.mkfifo, "not a regular file"),
    "directory": (Path.mkdir, "not a regular file"),
    "endless": (_link, "not a regular file"),
    "sparse": (_sparse, "larger than 8388608 bytes"),
    "deep": (lambda path: path.write_text("[" * 100_000 + "]" * 100_000), "recursion"),
    "deep yaml": (lambda path: path.with_suffix(".yaml").write_text("[" * 100_000), ""),
    "long yaml": (
        lambda path: path.with_suffix(".yaml").write_text("- 1\n" * 300_000),
        "larger than 1048576",
    ),
    "aliases": (_bomb, "aliases are not read"),
    "dangling": (lambda path: path.symlink_to("nowhere"), "No such file"),
    "digits": (lambda path: path.write_text("1" * 10_000), "digits"),
    "no number": (_yaml('a: !!int ""'), "index"),
    "no float": (_yaml("a: " + ":".join("1" * 400) + ".5"), "too large"),
    "no truth": (_yaml("a: !!bool x"), "x"),
    "no time": (_yaml("a: !!timestamp x"), "groupdict"),
    "no text": (lambda path: path.write_bytes(b"\xff\xfe\x00"), ""),
}


@pytest.mark.parametrize("name", ODD)
async def test_one_bad_file_costs_only_itself_and_is_told_once(tmp_path: Path, name: str) -> None:
    make, fault = ODD[name]
    (tmp_path / "good.json").write_text(good())
    make(tmp_path / "bad.json")
    told: list[str] = []
    files = CdiFiles([tmp_path], told.append)
    async with asyncio.timeout(10):
        for _ in range(2):
            assert (await files.container_edits([ID])).env == {"A": "1"}
        with pytest.raises(CdiError, match=r"unresolvable CDI devices v.example/gpu=9 \(bad"):
            await files.container_edits(["v.example/gpu=9"])
    (text,) = told
    assert text.startswith("CDI file bad.") and fault in text


async def test_files_are_parsed_again_only_when_they_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    path.write_text(good())
    parsed: list[str] = []
    decode = cdi_files.decode
    monkeypatch.setattr(cdi_files, "decode", lambda document: (parsed.append(""), decode(document))[1])
    files = CdiFiles([tmp_path])
    # One that was written just now may be written again in the same tick of its file system's clock.
    await files.container_edits([ID])
    path.write_text(good("2"))
    assert (await files.container_edits([ID])).env == {"A": "2"}
    monkeypatch.setattr(cdi_files, "_SETTLED_SECONDS", 0.0)
    before = len(parsed)
    for _ in range(3):
        await files.container_edits([ID])
    assert len(parsed) == before + 1
    (tmp_path / "new").write_text(good("3"))
    (tmp_path / "new").rename(path)
    assert (await files.container_edits([ID])).env == {"A": "3"}


async def test_the_loop_goes_on_while_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.json").write_text(good())
    loop = asyncio.get_running_loop()

    def slowly(path: str, text: bytes) -> object:
        # Ends only if somebody else's turn comes meanwhile.
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(5)
        return json.loads(text)

    monkeypatch.setattr(cdi_files, "_parsed", slowly)
    assert (await CdiFiles([tmp_path]).container_edits([ID])).env == {"A": "1"}


async def test_all_files_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cdi_files, "MAX_BYTES_IN_ALL", len(good()) + 10)
    monkeypatch.setattr(cdi_files, "MAX_SPEC_FILES", 2)
    for name in ("a.json", "b.json", "c.json"):
        (tmp_path / name).write_text(good())
    told: list[str] = []
    assert (await CdiFiles([tmp_path, tmp_path / "none"], told.append).container_edits([ID])).env
    assert "more than 2 files" in told[0] and told[1] == "CDI file b.json: larger than 10 bytes"


async def test_what_is_told_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a\n\x1b[31m.json").write_text("{")
    told: list[str] = []
    with pytest.raises(CdiError):
        await CdiFiles([tmp_path], told.append).container_edits([ID])
    assert told[0].startswith("CDI file a \\x1b[31m.json: ")
