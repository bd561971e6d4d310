"""Unpacks binary messages as the browser does; pages.server.wire describes them."""

from __future__ import annotations

import json
import struct


def unpack(message: bytes) -> tuple[dict, bytes]:
    """→ header, tiles and connections"""
    (length,) = struct.unpack_from("<I", message)
    return json.loads(message[4 : 4 + length]), message[4 + length :]


def unpack_messages(data: bytes) -> list[tuple[dict, bytes]]:
    found = []
    while data:
        (length,) = struct.unpack_from("<I", data)
        found.append(unpack(data[4 : 4 + length]))
        data = data[4 + length :]
    return found
