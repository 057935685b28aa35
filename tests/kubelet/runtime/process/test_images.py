"""The table from images to local commands."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from drakkar.kubelet.runtime.process.images import ImageTable, ImageTableError, UnknownImageError, repository


@pytest.fixture
def table(tmp_path: Path) -> ImageTable:
    return ImageTable(tmp_path / "images.toml")


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("busybox", "busybox"),
        ("docker.io/library/busybox:1.37.0", "busybox"),
        ("localhost:5000/tool", "localhost:5000/tool"),
        ("registry.k8s.io/a/b:v1@sha256:00", "registry.k8s.io/a/b"),
    ],
)
def test_repository(image: str, name: str) -> None:
    assert repository(image) == name


def test_shell_images_run_the_hosts_shell(table: ImageTable) -> None:
    assert table.resolve("busybox:1.37.0", ["/bin/sh", "-c", "env"], []).argv == ("/bin/sh", "-c", "env")
    assert table.resolve("alpine", [], []).argv == ("/bin/sh",)
    assert table.resolve("alpine", [], ["sleep", "1"]).argv == ("sleep", "1")


def test_example_driver(table: ImageTable) -> None:
    image = "registry.k8s.io/dra-example-driver/dra-example-driver:v0.2.0"
    found = table.resolve(image, ["dra-example-kubeletplugin"], ["--num-devices=3"])
    assert found.argv == (sys.executable, "-m", "drakkar", "driver", "example", "--num-devices=3")


def test_ollama_listens_on_the_pods_address(table: ImageTable) -> None:
    found = table.resolve("alpine/ollama:0.11.10", [], [])
    assert found.argv[-1] == "serve" and found.env == {"OLLAMA_HOST": "$(POD_IP):11434"}


def test_unknown_image(table: ImageTable) -> None:
    assert table.resolve("x/y:1", ["run"], ["it"]).argv == ("run", "it")
    with pytest.raises(UnknownImageError, match=r'images\.toml.*match = "x/y:\*"'):
        table.resolve("x/y:1", [], ["it"])


def test_users_rows_come_first_and_are_read_anew(table: ImageTable, tmp_path: Path) -> None:
    rows = '[[image]]\nmatch = "busybox:*"\ncommand = ["box"]\nprograms = { a = ["b", "c"] }\nenv = { X = "1" }\n'
    (tmp_path / "images.toml").write_text(rows)
    found = table.resolve("busybox:1", ["a", "d"], [])
    assert found.argv == ("b", "c", "d") and found.env == {"X": "1"}
    assert table.resolve("busybox:1", [], []).argv == ("box",)
    (tmp_path / "images.toml").unlink()
    assert table.resolve("busybox:1", [], []).argv == ("/bin/sh",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[image]]\nmatch = 1", "image 1: match must be a string"),
        ('[[image]]\nmatch = "a"\ncomand = []', "unknown key comand"),
        ('[[image]]\nmatch = "a"\ncommand = "b"', "command must be a list of strings"),
        ("image", "images.toml"),
    ],
)
def test_mistakes_are_named(table: ImageTable, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "images.toml").write_text(text)
    with pytest.raises(ImageTableError, match=message):
        table.resolve("x", [], [])


def test_programs_are_put_on_the_path(table: ImageTable, tmp_path: Path) -> None:
    table.install_programs(tmp_path)
    for script in tmp_path.iterdir():
        assert script.read_text().startswith("#!/bin/sh\nexec ")


def test_files_of_an_image_are_named_by_whole_paths(table: ImageTable, tmp_path: Path) -> None:
    row = '[[image]]\nmatch = "tool"\ncommand = ["x"]\nfiles = {{ "{target}" = "{source}" }}\n'
    (tmp_path / "images.toml").write_text(row.format(target="/tool", source="/opt/tool"))
    assert table.resolve("tool", [], []).files == {"/tool": "/opt/tool"}
    for target, source in (("tool", "/opt/tool"), ("/tool", "opt/tool")):
        (tmp_path / "images.toml").write_text(row.format(target=target, source=source))
        with pytest.raises(ImageTableError, match="files must be whole paths"):
            table.resolve("tool", [], [])
