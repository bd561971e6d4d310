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
def short_timeout(monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT", 0.3)


def get(url, path, progress=lambda done: None):
    fetch(url, path, SHA256, len(DATA), progress)


def test_a_file_is_downloaded_completely_and_once(server, tmp_path):
    server.files["/file"] = DATA
    reported = []
    get(f"{server.url}/file", tmp_path / "a", reported.append)
    assert (tmp_path / "a").read_bytes() == DATA
    assert reported == sorted(reported) and reported[-1] == len(DATA)

    get(f"{server.url}/file", tmp_path / "a")
    assert server.requested == ["/file"]


def test_gzipped_bytes_stay_gzipped_even_if_the_server_declares_an_encoding(server, tmp_path):
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
        (b"", "not the expected one"),
        (other_bytes, "not the expected one"),
        (fewer_bytes, "not the expected one"),
        (no_end, "not the expected one"),
        (cut_off, "was interrupted"),
        (reset, "cannot be reached"),
        (stall_at_once, "almost no data was received for 0.3 seconds"),
        (stall_midway, "almost no data was received for 0.3 seconds"),
        (drip, "almost no data was received for 0.3 seconds"),
        (no_http, ""),
        (round_and_round, ""),
        (another_protocol, ""),
    ],
)
def test_a_misbehaving_server_is_a_user_error_and_leaves_existing_files_unchanged(
    server, tmp_path, behave, reason
):
    server.files["/file"] = behave
    url, path = f"{server.url}/file", tmp_path / "a"
    for before in (None, b"older"):
        if before:
            path.write_bytes(before)
        with pytest.raises(UserError) as error:
            get(url, path)
        assert str(error.value).startswith(f"{url}: ") and reason in str(error.value)
        assert str(error.value).endswith(".")
        assert [p.read_bytes() for p in tmp_path.iterdir()] == ([before] if before else [])


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/file", "http://[", "gopher://x/y", "nonsense"])
def test_an_invalid_url_is_a_user_error(tmp_path, url):
    with pytest.raises(UserError, match=r"\.$"):
        get(url, tmp_path / "a")


def test_a_folder_that_cannot_be_written_is_a_user_error(server, tmp_path):
    server.files["/file"] = DATA
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError):
        get(f"{server.url}/file", tmp_path / "file" / "a")


def test_an_exception_from_on_progress_ends_the_download_and_leaves_nothing(server, tmp_path):
    def interrupt(done):
        raise KeyboardInterrupt

    server.files["/file"] = DATA
    with pytest.raises(KeyboardInterrupt):
        get(f"{server.url}/file", tmp_path / "a", interrupt)
    assert not list(tmp_path.iterdir())
