from __future__ import annotations

import hashlib
import socket

import numpy as np
import pytest

from nn.data import download as module
from nn.data.download import fetch
from nn.errors import UserError

DATA = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.3)


def get(url, path, progress=lambda done: None):
    fetch(url, path, SHA256, len(DATA), progress)


def test_a_file_is_fetched_whole_and_once(server, tmp_path):
    server.files["/file"] = DATA
    seen = []
    get(f"{server.url}/file", tmp_path / "a", seen.append)
    assert (tmp_path / "a").read_bytes() == DATA
    assert seen == sorted(seen) and seen[-1] == len(DATA)

    get(f"{server.url}/file", tmp_path / "a")
    assert server.asked == ["/file"]


def test_packed_bytes_stay_packed_even_where_the_server_calls_that_an_encoding(server, tmp_path):
    def encoded(handler):
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        handler.wfile.write(DATA)

    server.files["/file"] = encoded
    get(f"{server.url}/file", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == DATA


def other_bytes(handler):
    handler.begin(len(DATA))
    handler.wfile.write(DATA[:-1] + bytes([DATA[-1] ^ 1]))


def fewer_bytes(handler):
    handler.begin()
    handler.wfile.write(DATA[:-1])


def no_end(handler):
    handler.begin()
    try:
        while True:
            handler.wfile.write(DATA)
    except OSError:
        pass


def cut_off(handler):
    handler.begin(len(DATA))
    handler.wfile.write(DATA[: len(DATA) // 2])


def reset(handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()


def stall_at_once(handler):
    handler.server.over.wait(20)


def stall_midway(handler):
    cut_off(handler)
    handler.server.over.wait(20)


def drip(handler):
    handler.begin(len(DATA))
    try:
        for byte in DATA:
            handler.wfile.write(bytes([byte]))
            if handler.server.over.wait(0.05):
                return
    except OSError:
        pass


def no_http(handler):
    handler.wfile.write(b"\0\1\2" * 100)


def round_and_round(handler):
    handler.send_response(302)
    handler.send_header("Location", "/file")
    handler.end_headers()


def server_error(handler):
    handler.send_error(503)


def another_protocol(handler):
    handler.send_response(302)
    handler.send_header("Location", "file:///etc/passwd")
    handler.end_headers()


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (None, "404 Not Found"),
        (server_error, "503 Service Unavailable"),
        (b"", "not the file"),
        (other_bytes, "not the file"),
        (fewer_bytes, "not the file"),
        (no_end, "not the file"),
        (cut_off, "broke off"),
        (reset, "cannot be reached"),
        (stall_at_once, "next to nothing came for 0.3 seconds"),
        (stall_midway, "next to nothing came for 0.3 seconds"),
        (drip, "next to nothing came for 0.3 seconds"),
        (no_http, ""),
        (round_and_round, ""),
        (another_protocol, ""),
    ],
)
def test_a_server_that_misbehaves_is_a_sentence_and_leaves_what_was_there(
    server, tmp_path, behave, reason
):
    server.files["/file"] = behave
    url, path = f"{server.url}/file", tmp_path / "a"
    for before in (None, b"older"):
        if before:
            path.write_bytes(before)
        with pytest.raises(UserError) as refused:
            get(url, path)
        assert str(refused.value).startswith(f"{url}: ") and reason in str(refused.value)
        assert str(refused.value).endswith(".")
        assert [p.read_bytes() for p in tmp_path.iterdir()] == ([before] if before else [])


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/file", "http://[", "gopher://x/y", "nonsense"])
def test_an_address_that_leads_nowhere_is_a_sentence(tmp_path, url):
    with pytest.raises(UserError, match=r"\.$"):
        get(url, tmp_path / "a")


def test_a_place_that_cannot_be_written_is_a_sentence(server, tmp_path):
    server.files["/file"] = DATA
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError):
        get(f"{server.url}/file", tmp_path / "file" / "a")


def test_what_progress_raises_ends_the_download_and_nothing_is_left(server, tmp_path):
    def enough(done):
        raise KeyboardInterrupt

    server.files["/file"] = DATA
    with pytest.raises(KeyboardInterrupt):
        get(f"{server.url}/file", tmp_path / "a", enough)
    assert not list(tmp_path.iterdir())
