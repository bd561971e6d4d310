"""A network as a file: .npz, .safetensors, or .json that people can read.

Each holds W1, b1, W2, b2, … and a header: the format's version, the activation, the output, and
what the writer has to say about the network. A file is checked in full before it is believed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nn.errors import UserError
from nn.layers import ACTIVATIONS, OUTPUTS, Array
from nn.network import Network, views
from nn.support import safe_npz
from nn.support.atomic_write import replacing

VERSION = 1
INPUTS, CLASSES = 784, 10
MOST_BYTES = 2**28  # of a file, and of its arrays; the widest network takes less in any kind


def write(
    network: Network, path: Path, about: Mapping[str, Any], dtype: np.typing.DTypeLike = np.float32
) -> None:
    """The file's name says which kind. about: JSON values for people. dtype: how each number is
    stored; float16 takes half the room. Raises UserError."""
    _, put = _kind(path)
    with np.errstate(over="ignore"):  # becomes infinite, which is refused
        arrays = {name: array.astype(dtype) for name, array in _arrays(network).items()}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise UserError("The network's weights are no longer finite: nothing can read with them.")
    header = {
        "digitscope": VERSION,
        "activation": network.activation,
        "output": next(name for name, kind in OUTPUTS.items() if type(network.output) is kind),
        "about": dict(about),
    }
    with replacing(path) as part:
        put(part, header, arrays)


def read(path: Path) -> tuple[Network, dict[str, Any]]:
    """→ the network and what its writer said about it. Raises UserError."""
    get, _ = _kind(path)
    try:
        size = path.stat().st_size
        if not path.is_file():  # a pipe would be waited for, and a device has no end
            raise UserError(f"{path} cannot be read: it is no file.")
        if size > MOST_BYTES:
            raise UserError(f"{path} is larger than {MOST_BYTES:,} bytes: no network is.")
        header, arrays = get(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    return _network(path, header, arrays)


def _arrays(network: Network) -> dict[str, Array]:
    layers = enumerate(views(network.parameters, network.sizes), 1)
    return {f"{name}{n}": array for n, Wb in layers for name, array in zip("Wb", Wb, strict=True)}


def _network(
    path: Path, header: Any, arrays: Mapping[str, Array]
) -> tuple[Network, dict[str, Any]]:
    """Raises UserError unless header and arrays are those of a network that reads digits."""
    if not isinstance(header, dict) or not isinstance(header.get("digitscope"), int):
        raise UserError(f"{path} was not written by Digitscope: it has no such header.")
    if header["digitscope"] > VERSION:
        raise UserError(
            f"{path} was written by a newer Digitscope (format {header['digitscope']}; this one "
            f"knows {VERSION}). Update Digitscope."
        )
    for field, known in (("activation", ACTIVATIONS), ("output", OUTPUTS)):
        if header.get(field) not in list(known):
            raise UserError(
                f"{path}: {field} must be one of {', '.join(known)}; found {header.get(field)!r}."
            )

    depth = max(1, *(sum(name.startswith(first) for name in arrays) for first in "Wb"))
    expected = [f"{name}{n}" for n in range(1, depth + 1) for name in "Wb"]
    for names, what in (
        (set(expected) - set(arrays), "lacks"),
        (set(arrays) - set(expected), "has"),
    ):
        if names:
            raise UserError(
                f"{path}: expected the arrays {', '.join(expected)}; it {what} "
                f"{', '.join(sorted(names)[:10])}."
            )
    sizes = [INPUTS]
    for n in range(1, depth + 1):
        W, b = arrays[f"W{n}"], arrays[f"b{n}"]
        if W.ndim != 2 or W.shape[0] != sizes[-1] or b.shape != W.shape[1:] or not W.size:
            raise UserError(
                f"{path}: W{n} and b{n} must be ({sizes[-1]}, nodes) and (nodes,); found {W.shape} "
                f"and {b.shape}."
            )
        sizes.append(len(b))
    if sizes[-1] != CLASSES:
        raise UserError(f"{path}: expected {CLASSES} outputs, one a digit; found {sizes[-1]}.")

    network = Network(sizes, header["activation"], header["output"])
    for name, array in _arrays(network).items():
        if arrays[name].dtype.kind not in "fiu":
            raise UserError(f"{path}: {name} must be numbers; found {arrays[name].dtype}.")
        with np.errstate(over="ignore"):  # becomes infinite, which is refused
            array[...] = arrays[name]
        if not np.isfinite(array).all():
            raise UserError(f"{path}: {name} has numbers that are not finite.")
    about = header.get("about")
    return network, about if isinstance(about, dict) else {}


# .npz: the arrays, and the header as one string


def _get_npz(path: Path) -> tuple[Any, dict[str, Array]]:
    arrays: dict[str, Array] = {}
    left = MOST_BYTES
    with safe_npz.opened(path) as file:
        for name in safe_npz.names(file)[:100]:
            arrays[name] = safe_npz.array(file, name, path, left)
            left -= arrays[name].nbytes
    return _header(path, str(arrays.pop("header", ""))), arrays


def _put_npz(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    with open(path, "wb") as file:
        members: dict[str, Any] = {"header": np.array(json.dumps(header)), **arrays}
        np.savez(file, **members)


# .safetensors: the arrays, and the header as metadata


def _get_safetensors(path: Path) -> tuple[Any, dict[str, Array]]:
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            header = (file.metadata() or {}).get("header", "")
    except (SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: cannot be read as a .safetensors file: {error}.") from None
    return _header(path, header), arrays


def _put_safetensors(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    save_file(dict(arrays), path, {"header": json.dumps(header)})


def _header(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(f"{path} was not written by Digitscope: it has no such header.") from None


# .json: the header, and layers → nodes → incoming weights and bias


def _get_json(path: Path) -> tuple[Any, dict[str, Array]]:
    try:
        header = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: cannot be read as JSON: {error}.") from None
    arrays = {}
    layers = header.get("layers") if isinstance(header, dict) else None
    if not isinstance(layers, list):
        raise UserError(f"{path} was not written by Digitscope: it has no list of layers.")
    for n, layer in enumerate(layers, 1):
        try:
            nodes = layer["nodes"]
            with np.errstate(over="ignore"):  # becomes infinite, which is refused
                arrays[f"W{n}"] = np.array([node["weights"] for node in nodes], np.float32).T
                arrays[f"b{n}"] = np.array([node["bias"] for node in nodes], np.float32)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise UserError(
                f"{path}: layer {n} must be a list of nodes, each with a bias and as many weights "
                "as the layer before it has nodes."
            ) from None
    return header, arrays


def _put_json(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(_json_lines(header, arrays))


def _json_lines(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Iterator[str]:
    """A node a line, each number with the nine digits that tell any float32 from its neighbors."""
    yield json.dumps(header, indent=1)[:-2] + ',\n "layers": ['
    Wb = list(arrays.values())
    for n, (W, b) in enumerate(zip(Wb[::2], Wb[1::2], strict=True)):
        yield ("," if n else "") + '\n  {"nodes": ['
        for m, (weights, bias) in enumerate(zip(W.T, b, strict=True)):
            numbers = ", ".join([f"{weight:.9g}" for weight in weights.tolist()])
            yield ("," if m else "") + f'\n   {{"bias": {bias:.9g}, "weights": [{numbers}]}}'
        yield "\n  ]}"
    yield "\n ]\n}\n"


KINDS: dict[str, tuple[Callable[..., Any], Callable[..., None]]] = {
    ".npz": (_get_npz, _put_npz),
    ".json": (_get_json, _put_json),
    ".safetensors": (_get_safetensors, _put_safetensors),
}


def _kind(path: Path) -> tuple[Callable[..., Any], Callable[..., None]]:
    try:
        return KINDS[path.suffix.lower()]
    except KeyError:
        raise UserError(f"{path}: a network is a file ending in {', '.join(KINDS)}.") from None
