"""A full disk: writes are refused with that word, deletions go on, /readyz says so, and all is well once there is
room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.storage import disk_room
from drakkar.apiserver.storage.store import Store

MAPS = "/api/v1/namespaces/a/configmaps"


def body(number: int) -> dict[str, object]:
    return {"metadata": {"name": f"c{number}"}, "data": {"k": "x" * 20_000}}


def story(client: TestClient) -> None:
    """Fill the disk, look at what is refused and what not, and take all of it away again."""
    assert client.post("/api/v1/namespaces", json={"metadata": {"name": "a"}}).status_code == 201
    held = 0
    for number in range(20_000):
        answer = client.post(MAPS, json=body(number))
        if answer.status_code != 201:
            break
        held += 1
    assert answer.status_code == 507, answer.text
    status = answer.json()
    assert status["reason"] == "InsufficientStorage" and "the disk is full" in status["message"]
    ready = client.get("/readyz")
    assert ready.status_code == 500 and "[-]etcd failed: the disk is full" in ready.text
    assert client.get("/livez").status_code == 200
    assert client.get(MAPS).status_code == 200
    for number in range(held):
        done = client.delete(f"{MAPS}/c{number}")
        assert done.status_code == 200, done.text


def test_a_file_that_may_not_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: Callable[[Store], TestClient]
) -> None:
    monkeypatch.setattr(disk_room, "_ASK_EVERY", 0.0)
    store = Store(tmp_path / "objects.sqlite")
    store._db.connection.execute("PRAGMA max_page_count=100")
    client = serve(store)
    assert client.post("/api/v1/namespaces", json={"metadata": {"name": "a"}}).status_code == 201
    answers = [client.post(MAPS, json=body(number)) for number in range(40)]
    codes = [answer.status_code for answer in answers]
    held = codes.count(201)
    assert codes == [201] * held + [507] * (40 - held) and 5 < held < 30
    revision = store.revision
    assert client.delete(f"{MAPS}/c0").status_code == 200
    assert client.post(MAPS, json=body(99)).status_code == 201
    assert store.revision == revision + 2
    assert client.get("/readyz").status_code == 200
    store.close()
    # Nothing of what was refused is there, and nothing else is missing.
    again = Store(tmp_path / "objects.sqlite")
    assert len(again.list("/configmaps")) == held
    again.close()


def on_a_small_disk(path: Path, serve: Callable[[Store], TestClient]) -> None:
    """The story, on a disk of 24 MiB, and then room again."""
    filler = path / "filler"
    filler.write_bytes(bytes(4 << 20))
    store = Store(path / "objects.sqlite")
    client = serve(store)
    story(client)
    filler.unlink()
    assert client.get("/readyz").status_code == 200, client.get("/readyz").text
    for number in range(50):
        assert client.post(MAPS, json=body(number)).status_code == 201
    store.close()
    again = Store(path / "objects.sqlite")
    assert len(again.list("/configmaps")) == 50
    print("well")


@pytest.mark.long
def test_a_disk_that_is_full(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not on this machine")
    command = f'"{sys.executable}" -m apiserver.storage.test_disk_full "{tmp_path}"'
    script = f'mount -t tmpfs -o size=24m none "{tmp_path}" && exec {command}'
    whose = [] if os.getuid() == 0 else ["-U", "-r"]
    ran = subprocess.run(
        ["unshare", *whose, "-m", "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    if "mount" in ran.stderr or "unshare" in ran.stderr:
        pytest.skip(f"no small disk to be had: {ran.stderr.strip()}")
    assert ran.stdout.endswith("well\n"), ran.stderr


if __name__ == "__main__":
    from apiserver.conftest import serve as served

    disk_room._ASK_EVERY = 0.0
    on_a_small_disk(Path(sys.argv[1]), served)
