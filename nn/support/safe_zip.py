"""Opening zip archives from untrusted sources: their list of members is limited before it is read.

What a member unpacks to cannot be more than it declares, so callers check ``file_size``.
"""

from __future__ import annotations

import os
import zipfile
from typing import IO

from nn.errors import UserError

_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"  # what the last record, and the one before, begin with
_END_SIZE, _END_64_SIZE = 22, 20
_MAX_COMMENT = 2**16
_BYTES_A_MEMBER = 400  # in the list of members: 46, its path and what some programs add


def open_zip(file: IO[bytes], max_members: int) -> zipfile.ZipFile:
    """Open an archive of at most ``max_members``, stored or deflated.

    Raises UserError, whose message goes on after the archive's name, for an archive beyond that,
    and what zipfile raises for a damaged one.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _MAX_COMMENT - _END_SIZE - _END_64_SIZE))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END)
    if at < 0:
        raise zipfile.BadZipFile("File is not a zip file")
    list_size = int.from_bytes(tail[at + 12 : at + 16], "little")
    is_64 = tail[max(0, at - _END_64_SIZE) :].startswith(_END_64)
    too_many = UserError(f"has too many members; at most {max_members:,} are allowed.")
    if is_64 or list_size > _BYTES_A_MEMBER * max_members:
        raise too_many
    archive = zipfile.ZipFile(file)
    if len(archive.infolist()) > max_members:
        raise too_many
    # Python limits what it unpacks at a time for these two only.
    if any(
        member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        for member in archive.infolist()
    ):
        raise UserError("is compressed in an unusual format. Save it as an ordinary zip (deflate).")
    return archive
