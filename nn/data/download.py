"""Download a known file over HTTP and verify its checksum."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nn.errors import UserError

TIMEOUT = 15.0  # seconds without a byte before giving up
MIN_SPEED = 2000  # bytes per second, averaged over the time after TIMEOUT


def fetch(
    url: str, path: Path, sha256: str, size: int, on_progress: Callable[[int], object]
) -> None:
    """Download ``size`` bytes from ``url``; ``path`` appears once they are complete and verified.

    A valid file is not downloaded again. ``on_progress`` receives the number of bytes so far.
    Raises UserError naming the URL.
    """
    import pooch  # slow to import, and most commands download nothing
    import requests
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    def stream(url: str, part: str, _: Any) -> None:
        start, received = time.monotonic(), 0
        # Raw bytes: if a server declares .gz as an encoding, requests would decompress the file.
        with requests.get(url, stream=True, timeout=TIMEOUT) as response, open(part, "wb") as file:
            if response.status_code != 200:
                raise OSError(f"the server returned {response.status_code} {response.reason}")
            while data := response.raw.read1(2**16):
                received += len(data)
                if received > size:
                    raise ValueError("longer than the expected file")
                if received < MIN_SPEED * (time.monotonic() - start - TIMEOUT):
                    raise requests.Timeout
                file.write(data)
                on_progress(received)

    pooch.get_logger().setLevel("ERROR")
    try:
        # pooch writes to a temporary file, verifies it and moves it into place.
        pooch.retrieve(url, f"sha256:{sha256}", path.name, path.parent, downloader=stream)
        return
    except (requests.Timeout, ReadTimeoutError):
        reason = f"almost no data was received for {TIMEOUT:g} seconds"
    except requests.ConnectionError:
        reason = "the server cannot be reached"
    except HTTPError:
        reason = "the connection was interrupted"
    except ValueError:
        reason = f"the file is not the expected one (sha256 {sha256[:8]}…)"
    except OSError as error:
        reason = error.strerror or str(error)
    raise UserError(f"{url}: {reason}.")
