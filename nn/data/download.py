"""Fetch a known file over HTTP: whole and verified, or a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nn.errors import UserError

PATIENCE = 15.0  # seconds without a byte before a server is given up
SLOWEST = 2000  # bytes a second, on average once this time is over


def fetch(url: str, path: Path, sha256: str, size: int, progress: Callable[[int], object]) -> None:
    """Get ``size`` bytes from ``url`` to ``path``, which appears when they are all there and right.

    A file that is right already is left alone. ``progress`` takes the bytes so far. Raises
    UserError naming the address.
    """
    import pooch  # takes a while, and most commands fetch nothing
    import requests
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    def stream(url: str, part: str, _: Any) -> None:
        begun, received = time.monotonic(), 0
        # Raw bytes: a server that calls .gz an encoding must not have it undone.
        with requests.get(url, stream=True, timeout=PATIENCE) as answer, open(part, "wb") as file:
            if answer.status_code != 200:
                raise OSError(f"the server answered {answer.status_code} {answer.reason}")
            while data := answer.raw.read1(2**16):
                received += len(data)
                if received > size:
                    raise ValueError("more came than the file has")
                if received < SLOWEST * (time.monotonic() - begun - PATIENCE):
                    raise requests.Timeout
                file.write(data)
                progress(received)

    pooch.get_logger().setLevel("ERROR")
    try:
        # Writes to a temporary name, compares the sum and only then moves.
        pooch.retrieve(url, f"sha256:{sha256}", path.name, path.parent, downloader=stream)
        return
    except (requests.Timeout, ReadTimeoutError):
        reason = f"next to nothing came for {PATIENCE:g} seconds"
    except requests.ConnectionError:
        reason = "the server cannot be reached"
    except HTTPError:
        reason = "the connection broke off"
    except ValueError:
        reason = f"what came is not the file expected (sha256 {sha256[:8]}…)"
    except OSError as error:
        reason = error.strerror or str(error)
    raise UserError(f"{url}: {reason}.")
