"""Answers in place of Ollama where no Ollama can be had, and says so in every answer: its HTTP API and its command line.

`python -m drakkar.cluster.lab.ollama_standin serve` listens where OLLAMA_HOST says; `pull`, `run`, `list` and `ps` are clients.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import http.client
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from drakkar.api.time import micro_time_text

NOTICE = "This is a stand-in for Ollama: no model is loaded here and none computes this answer."
VERSION = "0.0.0-drakkar-stand-in"
_PORT = 11434
_MAX_MODELS = 100
_MAX_BODY = 1 << 20
_TIMEOUT = 30.0
_MAX_QUOTED = 200


def address(text: str) -> tuple[str, int]:
    """Host and port of an OLLAMA_HOST: `host`, `host:port`, `:port` or a URL; ValueError when the port is none."""
    text = text.strip().removeprefix("http://").removeprefix("https://").split("/")[0]
    host, colon, port = text.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = text, ""
    return host.strip("[]") or "127.0.0.1", int(port) if port else _PORT


def _now() -> str:
    return micro_time_text(datetime.datetime.now(datetime.UTC))


def _tagged(model: str) -> str:
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


class Models:
    """Names that somebody pulled; behind each is nothing."""

    def __init__(self) -> None:
        self._pulled: dict[str, str] = {}
        self._lock = threading.Lock()

    def pull(self, model: str) -> None:
        with self._lock:
            self._pulled.setdefault(_tagged(model), _now())
            while len(self._pulled) > _MAX_MODELS:
                del self._pulled[next(iter(self._pulled))]

    def __contains__(self, model: str) -> bool:
        with self._lock:
            return _tagged(model) in self._pulled

    def listing(self) -> list[dict[str, Any]]:
        """As /api/tags shows them."""
        with self._lock:
            pulled = list(self._pulled.items())
        return [
            {
                "name": name,
                "model": name,
                "modified_at": at,
                "size": 0,
                "digest": hashlib.sha256(name.encode()).hexdigest(),
                "details": {"format": "none", "family": "stand-in", "parameter_size": "0"},
            }
            for name, at in pulled
        ]


def answer(prompt: str, env: Mapping[str, str]) -> str:
    """What the stand-in says to a prompt, with the devices that its environment shows."""
    devices = sorted(
        value for name, value in env.items() if name.startswith("GPU_DEVICE_") and name[11:].isdigit()
    )
    seen = (
        f"Devices of this container: {', '.join(devices)}." if devices else "This container has no devices."
    )
    quoted = prompt.strip()
    if len(quoted) > _MAX_QUOTED:
        quoted = quoted[:_MAX_QUOTED] + "…"
    return f"{NOTICE} {seen} You asked: {quoted}"


class Handler(BaseHTTPRequestHandler):
    """The part of Ollama's API that its users try first."""

    protocol_version = "HTTP/1.1"
    server_version = "drakkar-ollama-stand-in"
    timeout = _TIMEOUT
    models: Models

    def do_GET(self) -> None:
        if self.path == "/":
            self._send(200, f"Ollama is running (stand-in)\n{NOTICE}\n".encode(), "text/plain; charset=utf-8")
        elif self.path == "/api/version":
            self._json(200, {"version": VERSION, "notice": NOTICE})
        elif self.path == "/api/tags":
            self._json(200, {"models": self.models.listing(), "notice": NOTICE})
        elif self.path == "/api/ps":
            self._json(200, {"models": [], "notice": NOTICE})
        else:
            self._json(404, {"error": "not found", "notice": NOTICE})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        model = body.get("model") or body.get("name")
        if self.path not in ("/api/pull", "/api/generate", "/api/chat", "/api/show"):
            self._json(404, {"error": "not found", "notice": NOTICE})
        elif not isinstance(model, str) or not model:
            self._json(400, {"error": "model is required", "notice": NOTICE})
        elif self.path == "/api/pull":
            self.models.pull(model)
            parts = [{"status": f"pulling manifest: {NOTICE}", "notice": NOTICE}]
            self._parts([*parts, {"status": "success", "notice": NOTICE}], body.get("stream") is not False)
        elif model not in self.models:
            error = f'model "{model}" not found, try pulling it first'
            self._json(404, {"error": error, "notice": NOTICE})
        elif self.path == "/api/show":
            self._json(200, {"details": {"family": "stand-in"}, "notice": NOTICE})
        else:
            self._parts(list(self._spoken(model, body)), body.get("stream") is not False)

    def _spoken(self, model: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        chat = self.path == "/api/chat"
        if chat:
            messages = [item for item in body.get("messages") or () if isinstance(item, dict)]
            prompt = str(messages[-1].get("content") or "") if messages else ""
        else:
            prompt = str(body.get("prompt") or "")
        base = {"model": model, "created_at": _now(), "notice": NOTICE}
        text = answer(prompt, os.environ)
        said: Any = {"message": {"role": "assistant", "content": text}} if chat else {"response": text}
        yield {**base, **said, "done": False}
        empty: Any = {"message": {"role": "assistant", "content": ""}} if chat else {"response": ""}
        yield {**base, **empty, "done": True, "done_reason": "stop"}

    def _body(self) -> dict[str, Any] | None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
            if not 0 <= length <= _MAX_BODY:
                raise ValueError("body too long")
            body = json.loads(self.rfile.read(length) or b"{}")
            if not isinstance(body, dict):
                raise ValueError("not an object")
        except ValueError as error:
            # What follows on this connection may be the rest of the body.
            self.close_connection = True
            self._json(400, {"error": str(error), "notice": NOTICE})
            return None
        return body

    def _parts(self, parts: list[dict[str, Any]], stream: bool) -> None:
        if stream:
            lines = b"".join(json.dumps(part).encode() + b"\n" for part in parts)
            self._send(200, lines, "application/x-ndjson")
            return
        # Without streaming the last part carries the text of all.
        last = dict(parts[-1])
        for key in ("response", "message"):
            if key in last:
                last[key] = parts[0][key]
        self._json(200, last)

    def _json(self, status: int, body: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(body).encode() + b"\n", "application/json; charset=utf-8")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """Threads end with the process, and a restart takes the port over at once."""

    daemon_threads = True


def make_server(host: str, port: int) -> Server:
    """A server that listens; `serve_forever` answers."""
    return Server((host, port), type("_Handler", (Handler,), {"models": Models()}))


def serve() -> int:
    """Answer until SIGTERM."""
    host, port = address(os.environ.get("OLLAMA_HOST", ""))
    server = make_server(host, port)

    def end(*_: object) -> None:
        # From another thread: shutdown waits for the loop that this signal has interrupted.
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    print(f"{NOTICE} Listening on {host}:{server.server_address[1]}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0


class RefusedError(Exception):
    """The server's answer was an error."""


def _call(method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    host, port = address(os.environ.get("OLLAMA_HOST", ""))
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    with contextlib.closing(connection):
        connection.request(method, path, json.dumps(body) if body is not None else None)
        response = connection.getresponse()
        content: dict[str, Any] = json.loads(response.read(_MAX_BODY))
    if response.status >= 400:
        raise RefusedError(content.get("error") or f"status {response.status}")
    return content


def _ask(model: str, prompt: str) -> None:
    said = _call("POST", "/api/generate", {"model": model, "prompt": prompt, "stream": False})
    print(said["response"], flush=True)


def _run(model: str, words: list[str]) -> None:
    _call("POST", "/api/pull", {"model": model, "stream": False})
    if words:
        _ask(model, " ".join(words))
    elif not sys.stdin.isatty():
        _ask(model, sys.stdin.read(_MAX_BODY))
    else:
        print(NOTICE)
        while True:
            try:
                line = input(">>> ")
            except EOFError:
                return
            if line.strip() in ("/bye", "/exit"):
                return
            if line.strip():
                _ask(model, line)


def main(arguments: list[str]) -> int:
    """The command line; the exit status."""
    command, *rest = arguments or ["--help"]
    try:
        if command == "serve":
            return serve()
        if command == "pull" and len(rest) == 1:
            _call("POST", "/api/pull", {"model": rest[0], "stream": False})
            print(f"{NOTICE}\nsuccess")
        elif command == "run" and rest:
            _run(rest[0], [word for word in rest[1:] if not word.startswith("--")])
        elif command in ("list", "ls", "ps"):
            print("NAME\tSIZE")
            models = _call("GET", "/api/ps" if command == "ps" else "/api/tags")["models"]
            for model in models:
                print(f"{model['name']}\t0 B")
            print(NOTICE, file=sys.stderr)
        elif command in ("--version", "-v", "version"):
            print(f"ollama version is {VERSION}. {NOTICE}")
        else:
            print(
                f"{NOTICE}\nusage: ollama serve | pull MODEL | run MODEL [PROMPT] | list | ps",
                file=sys.stderr,
            )
            return 0 if command in ("--help", "-h", "help") else 2
    except RefusedError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except (OSError, ValueError, http.client.HTTPException) as error:
        print(f"Error: no stand-in for Ollama answers ({error}); is `ollama serve` running?", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
