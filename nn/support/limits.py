"""Limits on files from elsewhere: each number once, with its reason.

They keep one file from taking the memory or the time of everybody else. All are checked against
what a file declares about itself, before it is decoded. Memory is a process's peak.
"""

from __future__ import annotations

from nn.errors import UserError

# One image. Pixels are those of its header.
IMAGE_BYTES = 2**25  # 32 MiB of a file, as much as an upload
IMAGE_SIDE = 20_000  # pixels: some decoders use memory by the row
IMAGE_PIXELS = 36_000_000  # a page scanned at 600 dpi has 35 million; as RGBA takes 330 MB
COSTLY_PIXELS = 12_000_000  # 16-bit and WebP: decoding takes 16 to 24 bytes a pixel, not 4 to 9
JPEG_PIXELS = 200_000_000  # the largest photos of phones; decoded at a reduced size, see next line
REDUCED_JPEG_PIXELS = 8_000_000  # above, a JPEG is decoded at 1/2, 1/4 or 1/8 of its size
JPEG_SCANS = 100  # each is a pass over the whole image; progressive JPEGs have about 10

# One upload.
PHOTO_MEGABYTES = 16  # of one image in the browser: a photo of 50 megapixels takes up to 15
UPLOAD_MEGABYTES = 32  # compressed: MNIST's 60,000 images take 10
UPLOAD_PIXELS = 600_000_000  # of all images in it: 200 photos, or some 10 s of decoding
UPLOAD_IMAGES = 10_000  # as many as MNIST's test set
ZIP_MEMBERS = 20_000  # files and folders; twice the images
ZIP_BYTES = 2**28  # 256 MiB unpacked, on disk: 10,000 images of 26 kB

# Arrays and other compressed data.
UNPACKED_RATIO = 100  # unpacked : packed; images of digits reach 20, zeros 1,000
UNPACKED_BYTES = 2**26  # 64 MiB: below this the ratio does not matter
EXTRA_IMAGES = 100_000  # of extra data: more than MNIST has is a data set of its own
GZIP_MEMBERS = 1_000  # files written in one piece have one
NPZ_MEMBERS = 1_000  # arrays; ours have 2 to 42

# Networks: of one with the 16 million parameters that a run may have.
PARAMETERS = 16_000_000
WEIGHTS_BYTES = 2**27  # 128 MiB, its parameters in float64
# Text takes up to 17 bytes a number, and parsed lists 24 bytes for each byte: larger networks are
# for .npz and .safetensors.
JSON_BYTES = 2**25  # 32 MiB, 2 million parameters: the pretrained model has 1.3 million
JSON_CONTAINERS = 500_000  # lists and objects: 20 layers of 10,000 nodes have 400,000
DRAWINGS_BYTES = 2**23  # 8 MiB of pen strokes as JSON: 5,000 drawings take 4


def check_unpacked(what: object, packed: int, unpacked: int) -> None:
    """Raise UserError for data that is small only when packed. Sizes in bytes; the message calls
    the data ``what``."""
    if unpacked > max(UNPACKED_BYTES, UNPACKED_RATIO * packed):
        raise UserError(
            f"{what}: {packed:,} bytes unpack to {unpacked:,}; above {UNPACKED_BYTES:,} bytes, at "
            f"most {UNPACKED_RATIO} times the packed size is allowed. Save it uncompressed."
        )
