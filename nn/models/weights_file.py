"""Weights files: a network as .npz, .safetensors, or .json for people and other programs.

Each holds W1, b1, W2, b2, …, every W (outputs, inputs), and a header: the format's version, the
activation, the output, and what the writer adds about the network. In .safetensors the arrays are
named 0.weight, 0.bias, 2.weight, …, as PyTorch's nn.Sequential names them, so its load_state_dict
takes the file as it is. A file is checked completely before it is used.

Version 1 of the format, by Digitscope 0.1, has W1, b1, … in all files, every W (inputs, outputs).
"""

from __future__ import annotations

import json
import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from nn import PIXELS
from nn.errors import UserError
from nn.layers import ACTIVATIONS, OUTPUTS, Array
from nn.network import LAYOUT, LAYOUT_0_1, Network, layer_views, parameter_count
from nn.support import limits, safe_npz
from nn.support.atomic_write import replacing

VERSION = 2
CLASSES = 10
MAX_NAME = 40  # characters of an array's name in a message


def write(
    network: Network, path: Path, about: Mapping[str, Any], dtype: np.typing.DTypeLike = np.float32
) -> None:
    """Write ``network`` in the format that the ending of ``path`` names.

    about: JSON values that describe the network. dtype: of the stored numbers; float16 takes half
    the space. Raises UserError when a number is not finite or the file cannot be written.
    """
    _, write_arrays = _format(path)
    with np.errstate(over="ignore"):  # becomes infinite, which is an error below
        arrays = {name: array.astype(dtype) for name, array in _arrays(network).items()}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise UserError(
            "The network's weights are no longer finite numbers, so it cannot be exported. Train "
            "again with a lower learning rate."
        )
    header = {
        "digitscope": VERSION,
        "activation": network.activation,
        "output": next(name for name, kind in OUTPUTS.items() if type(network.output) is kind),
        "about": dict(about),
    }
    with replacing(path) as part:
        write_arrays(part, header, arrays)


def read(path: Path) -> tuple[Network, dict[str, Any]]:
    """→ the network, and what its writer added about it. Raises UserError."""
    read_arrays, _ = _format(path)
    try:
        size = path.stat().st_size
        if not path.is_file():  # reading a pipe would block, and a device has no end
            raise UserError(f"{path} cannot be read: it is not a regular file.")
        max_bytes = limits.JSON_BYTES if read_arrays is _read_json else limits.WEIGHTS_BYTES
        if size > max_bytes:
            raise UserError(
                f"{path} is larger than {max_bytes:,} bytes, the limit for a network in "
                f"{path.suffix}."
            )
        header, arrays = read_arrays(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    return _network(path, header, arrays)


def _arrays(network: Network) -> dict[str, Array]:
    layers = enumerate(layer_views(network.parameters, network.sizes), 1)
    return {f"{name}{n}": array for n, Wb in layers for name, array in zip("Wb", Wb, strict=True)}


def _network(
    path: Path, header: Any, arrays: Mapping[str, Array]
) -> tuple[Network, dict[str, Any]]:
    """Raises UserError unless header and arrays make a network from 784 pixels to 10 digits."""
    version = header.get("digitscope") if isinstance(header, dict) else None
    if not isinstance(version, int) or version < 1:
        raise UserError(f"{path} was not written by Digitscope: it lacks the header.")
    if version > VERSION:
        raise UserError(
            f"{path} was written by a newer Digitscope (format {reprlib.repr(version)}; this "
            f"version supports {VERSION}). Update Digitscope."
        )
    layout = header.get("layout", LAYOUT_0_1)  # which 0.1 did not state
    if layout == LAYOUT_0_1:
        arrays = {name: array.T for name, array in arrays.items()}
    elif layout != LAYOUT:
        raise UserError(
            f"{path}: layout must be {LAYOUT}; found {reprlib.repr(layout)}. Update Digitscope."
        )
    for field, known in (("activation", ACTIVATIONS), ("output", OUTPUTS)):
        if header.get(field) not in list(known):
            raise UserError(
                f"{path}: {field} must be one of {', '.join(known)}; found "
                f"{reprlib.repr(header.get(field))}."
            )

    depth = max(1, *(sum(name.startswith(first) for name in arrays) for first in "Wb"))
    expected = [f"{name}{n}" for n in range(1, depth + 1) for name in "Wb"]
    for names, what in (
        (set(expected) - set(arrays), "lacks"),
        (set(arrays) - set(expected), "has"),
    ):
        if names:
            raise UserError(
                f"{path}: expected the arrays {', '.join(expected)}; the file {what} "
                f"{', '.join(name[:MAX_NAME] for name in sorted(names)[:10])}."
            )
    sizes = [PIXELS]
    for n in range(1, depth + 1):
        W, b = arrays[f"W{n}"], arrays[f"b{n}"]
        if W.ndim != 2 or W.shape[1] != sizes[-1] or b.shape != W.shape[:1] or not W.size:
            raise UserError(
                f"{path}: W{n} and b{n} must be (nodes, {sizes[-1]}) and (nodes,); found {W.shape} "
                f"and {b.shape}."
            )
        sizes.append(len(b))
    if sizes[-1] != CLASSES:
        raise UserError(
            f"{path}: expected {CLASSES} outputs, one for each digit; found {sizes[-1]}."
        )

    if parameter_count(sizes) > limits.PARAMETERS:
        raise UserError(
            f"{path} has {parameter_count(sizes):,} parameters; the limit is {limits.PARAMETERS:,}."
        )
    network = Network(sizes, header["activation"], header["output"])
    for name, array in _arrays(network).items():
        if arrays[name].dtype.kind not in "fiu":
            raise UserError(f"{path}: {name} must be numbers; found {arrays[name].dtype}.")
        with np.errstate(over="ignore"):  # becomes infinite, which is an error below
            array[...] = arrays[name]
        if not np.isfinite(array).all():
            raise UserError(f"{path}: {name} contains numbers that are not finite.")
    about = header.get("about")
    return network, about if isinstance(about, dict) else {}


# .npz: the arrays, and the header as one string


def _read_npz(path: Path) -> tuple[Any, dict[str, Array]]:
    arrays: dict[str, Array] = {}
    bytes_left = limits.WEIGHTS_BYTES
    with safe_npz.open_archive(path) as file:
        for name in safe_npz.array_names(file)[:100]:
            arrays[name] = safe_npz.read_array(file, name, path, bytes_left)
            bytes_left -= arrays[name].nbytes
    return _header(path, str(arrays.pop("header", ""))), arrays


def _write_npz(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    with open(path, "wb") as file:
        members: dict[str, Any] = {"header": np.array(_header_text(header)), **arrays}
        np.savez(file, **members)


# .safetensors: the arrays, and the header as metadata


def _read_safetensors(path: Path) -> tuple[Any, dict[str, Array]]:
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {_digitscope_name(name): file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            header = (file.metadata() or {}).get("header", "")
    except (SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is not a valid .safetensors file: {error}.") from None
    return _header(path, header), arrays


def _write_safetensors(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    # Not save_file, whose file only its owner may read, whatever the umask.
    tensors = {_torch_name(name): array for name, array in arrays.items()}
    path.write_bytes(save(tensors, {"header": _header_text(header)}))


# In nn.Sequential(Linear, ReLU, Linear, …) layer n, counted from 1, is module 2 (n − 1).


def _torch_name(name: str) -> str:
    """``W2`` → ``2.weight``"""
    return f"{2 * int(name[1:]) - 2}.{'weight' if name[0] == 'W' else 'bias'}"


def _digitscope_name(name: str) -> str:
    """``2.weight`` → ``W2``; any other name stays, to be checked as all names are."""
    found = re.fullmatch(r"(\d{1,3})\.(weight|bias)", name)
    if not found or int(found[1]) % 2:
        return name
    return f"{'W' if found[2] == 'weight' else 'b'}{int(found[1]) // 2 + 1}"


def _header_text(header: Mapping[str, Any]) -> str:
    return json.dumps({**header, "layout": LAYOUT})


def _header(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UserError(f"{path} was not written by Digitscope: it lacks the header.") from None


# .json: the header, and layers → nodes → incoming weights and bias; the same in both versions


def _read_json(path: Path) -> tuple[Any, dict[str, Array]]:
    try:
        data = path.read_bytes()
        if data.count(b"{") + data.count(b"[") > limits.JSON_CONTAINERS:
            raise UserError(
                f"{path}: expected a network; it has more than {limits.JSON_CONTAINERS:,} lists "
                "and objects."
            )
        # Decoded only now: if it is no UTF-8, that is a ValueError.
        header = json.loads(data.decode("utf-8"), object_hook=_pack_weights)
    except UserError:
        raise
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON: {error}.") from None
    arrays = {}
    layers = header.get("layers") if isinstance(header, dict) else None
    if not isinstance(layers, list):
        raise UserError(f"{path} was not written by Digitscope: it lacks the list of layers.")
    for n, layer in enumerate(layers, 1):
        try:
            nodes = layer["nodes"]
            with np.errstate(over="ignore"):  # becomes infinite, which is an error below
                arrays[f"W{n}"] = np.array([node["weights"] for node in nodes], np.float32)
                arrays[f"b{n}"] = np.array([node["bias"] for node in nodes], np.float32)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise UserError(
                f"{path}: layer {n} must be a list of nodes, each with a bias and as many weights "
                "as the layer before it has nodes."
            ) from None
    return header | {"layout": LAYOUT}, arrays


def _pack_weights(node: dict[str, Any]) -> dict[str, Any]:
    """Keep a node's weights as float32 as soon as they are parsed: 4 bytes each, not the 32 of a
    list. What is no list of numbers stays, to be checked with its layer."""
    if "bias" in node and isinstance(node.get("weights"), list):
        with suppress(TypeError, ValueError, OverflowError), np.errstate(over="ignore"):
            node["weights"] = np.array(node["weights"], np.float32)
    return node


def _write_json(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    bytes_left = limits.JSON_BYTES
    with open(path, "wb") as file:
        for line in _json_lines(header, arrays):
            bytes_left -= file.write(line.encode())
            if bytes_left < 0:
                raise UserError(
                    f"As .json, the network takes more than {limits.JSON_BYTES:,} bytes, which "
                    "Digitscope does not read. Export it as .npz or .safetensors."
                )


def _json_lines(header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Iterator[str]:
    """One node per line; nine significant digits identify any float32."""
    yield json.dumps(header, indent=1)[:-2] + ',\n "layers": ['
    Wb = list(arrays.values())
    for n, (W, b) in enumerate(zip(Wb[::2], Wb[1::2], strict=True)):
        yield ("," if n else "") + '\n  {"nodes": ['
        for m, (weights, bias) in enumerate(zip(W, b, strict=True)):
            numbers = ", ".join([f"{weight:.9g}" for weight in weights.tolist()])
            yield ("," if m else "") + f'\n   {{"bias": {bias:.9g}, "weights": [{numbers}]}}'
        yield "\n  ]}"
    yield "\n ]\n}\n"


FORMATS: dict[str, tuple[Callable[..., Any], Callable[..., None]]] = {
    ".npz": (_read_npz, _write_npz),
    ".json": (_read_json, _write_json),
    ".safetensors": (_read_safetensors, _write_safetensors),
}


def _format(path: Path) -> tuple[Callable[..., Any], Callable[..., None]]:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise UserError(
            f"{path}: the name of a weights file must end in one of {', '.join(FORMATS)}."
        ) from None
