"""Files that are whole or not there: written under another name, then moved into place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from nn.errors import UserError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new name beside ``path`` for the file or folder that is to stand there at the end.

    After an error or Ctrl-C nothing new is left and what stood at ``path`` stands there still.
    Raises UserError where the computer refuses: no such folder, no permission, a full disk.
    """
    part = path.parent / f".{path.name}.{token_hex(4)}.part"
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        with suppress(OSError):  # it was moved, or there is nothing to be done
            shutil.rmtree(part) if part.is_dir() else part.unlink()
