"""The stand-in for Ollama: what it serves, and that it never claims to be the real one."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from drakkar.cluster.lab import ollama_standin
from drakkar.cluster.lab.ollama_standin import NOTICE, address, main, make_server


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = make_server("127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    where = f"127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("OLLAMA_HOST", where)
    yield f"http://{where}"
    server.shutdown()
    thread.join()
    server.server_close()


def post(url: str, body: Any) -> list[dict[str, Any]]:
    request = urllib.request.Request(url, json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=5) as response:
        return [json.loads(line) for line in response.read().splitlines()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("127.0.0.1", 11434)),
        ("127.3.4.5:80", ("127.3.4.5", 80)),
        ("http://0.0.0.0", ("0.0.0.0", 11434)),
        (":99", ("127.0.0.1", 99)),
        ("[::1]:8", ("::1", 8)),
        ("[::1]", ("::1", 11434)),
    ],
)
def test_addresses(text: str, expected: tuple[str, int]) -> None:
    assert address(text) == expected


def test_every_answer_says_that_it_is_a_stand_in(url: str) -> None:
    for path in ("/", "/api/version", "/api/tags"):
        with urllib.request.urlopen(url + path, timeout=5) as response:
            assert NOTICE in response.read().decode()
    parts = post(url + "/api/pull", {"model": "m"})
    parts += post(url + "/api/generate", {"model": "m", "prompt": "hello"})
    parts += post(url + "/api/chat", {"model": "m", "messages": [{"role": "user", "content": "hi"}]})
    assert all(part["notice"] == NOTICE for part in parts)


def test_a_model_must_be_pulled_first(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(urllib.error.HTTPError) as failed:
        post(url + "/api/generate", {"model": "m:1b", "prompt": "x"})
    assert failed.value.code == 404
    post(url + "/api/pull", {"model": "m:1b"})
    monkeypatch.setenv("GPU_DEVICE_3", "gpu-3")
    (whole,) = post(url + "/api/generate", {"model": "m:1b", "prompt": "why?", "stream": False})
    assert whole["done"] and "gpu-3" in whole["response"] and "why?" in whole["response"]
    first, last = post(url + "/api/chat", {"model": "m:1b", "messages": [{"content": "why?"}]})
    assert "why?" in first["message"]["content"] and not first["done"] and last["done"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"model": 3}'])
def test_bad_requests(url: str, body: bytes) -> None:
    request = urllib.request.Request(url + "/api/generate", body)
    with pytest.raises(urllib.error.HTTPError) as failed:
        urllib.request.urlopen(request, timeout=5)
    assert failed.value.code == 400


def test_command_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pull", "tiny"]) == 0
    assert main(["run", "tiny", "say", "something"]) == 0
    out = capsys.readouterr().out
    assert NOTICE in out and "You asked: say something" in out
    assert main(["list"]) == 0
    assert "tiny:latest" in capsys.readouterr().out
    assert main(["frobnicate"]) == 2


def test_command_line_without_a_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = make_server("127.0.0.1", 0)
    monkeypatch.setenv("OLLAMA_HOST", f"127.0.0.1:{server.server_address[1]}")
    server.server_close()
    assert ollama_standin.main(["pull", "m"]) == 1
    assert "ollama serve" in capsys.readouterr().err
