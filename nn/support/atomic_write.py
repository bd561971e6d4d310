"""Atomic writes: a file is written under a temporary name, then moved into place."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from nn.errors import UserError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``; what is written under it replaces ``path`` at the end.

    It may be a file or a folder. After an error or Ctrl-C it is removed and ``path`` is unchanged.
    Raises UserError when writing fails: a missing folder, no permission, a full disk.
    """
    part = path.parent / f".{path.name}.{token_hex(4)}.part"
    try:
        yield part
        part.replace(path)
    except OSError as error:
        reason = error.strerror or str(error).rstrip(".")
        if error.errno == errno.ENOSPC or "enough free space" in reason:  # the latter by NumPy
            reason = "the disk is full. Free up disk space, then try again"
        raise UserError(f"{path} cannot be written: {reason}.") from None
    finally:
        with suppress(OSError):  # it has been moved, or cannot be removed
            shutil.rmtree(part) if part.is_dir() else part.unlink()
