"""A reverse proxy that removes a path prefix, as ``proxy_pass http://server/;`` in nginx does."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def stripping_proxy(port: int, prefix: str) -> Iterator[str]:
    """Forward ``prefix``/PATH to /PATH of the server at ``port``. → the URL of the prefix."""
    with socket.create_server(("localhost", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, prefix), daemon=True).start()
        yield f"http://localhost:{listener.getsockname()[1]}{prefix}"


def _accept(listener: socket.socket, port: int, prefix: str) -> None:
    with suppress(OSError):  # closed
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_forward, args=(client, port, prefix), daemon=True).start()


def _forward(client: socket.socket, port: int, prefix: str) -> None:
    """One request a connection, or one WebSocket."""
    with client, suppress(OSError):
        head = b""
        while b"\r\n\r\n" not in head:
            received = client.recv(65536)
            if not received:
                return
            head += received
        head, _, body = head.partition(b"\r\n\r\n")
        first, _, fields = head.partition(b"\r\n")
        if f" {prefix}/".encode() not in first:
            client.sendall(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
            return
        first = first.replace(f" {prefix}/".encode(), b" /")
        if b"upgrade: websocket" not in fields.lower():
            fields = re.sub(rb"(?im)^connection:[^\r]*", b"Connection: close", fields)
        fields = re.sub(
            rb"(?im)^host: ([^\r]*)", b"Host: 127.0.0.1\r\nX-Forwarded-Host: \\1", fields
        )
        with socket.create_connection(("localhost", port)) as server:
            server.sendall(first + b"\r\n" + fields + b"\r\n\r\n" + body)
            threading.Thread(target=_pump, args=(client, server), daemon=True).start()
            _pump(server, client)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while received := source.recv(65536):
            target.sendall(received)
        target.shutdown(socket.SHUT_WR)
