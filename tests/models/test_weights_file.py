"""A weights file gives back the network that was written; a damaged or foreign file is an error."""

from __future__ import annotations

import io
import json
import os
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from nn.errors import UserError
from nn.models import weights_file
from nn.network import Network
from nn.support import limits

FORMATS = sorted(weights_file.FORMATS)
HEADER = {"digitscope": 1, "activation": "relu", "output": "softmax", "about": {}}


@pytest.fixture(scope="module")
def network():
    network = Network((784, 3, 10), "tanh", "sigmoid")
    rng = np.random.default_rng(0)
    network.initialize("he", rng)
    network.parameters[:4] = [0, -1e-38, 3.4e38, np.float32(1) / 3]  # numbers that text could round
    return network


@pytest.fixture(scope="module")
def written(network, tmp_path_factory):
    """The bytes of the network's file, by kind."""
    folder = tmp_path_factory.mktemp("written")
    found = {}
    for kind in FORMATS:
        weights_file.write(network, folder / f"a{kind}", {"run": "ü", "step": 3})
        found[kind] = (folder / f"a{kind}").read_bytes()
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


def put(folder, kind, data):
    path = folder / f"model{kind}"
    path.write_bytes(data)
    return path


def arrays(**changes):
    """The arrays of a network with one hidden neuron, with ``changes``; None removes one."""
    whole = {
        "W1": np.zeros((784, 1), np.float32), "b1": np.zeros(1, np.float32),
        "W2": np.zeros((1, 10), np.float32), "b2": np.zeros(10, np.float32),
    } | changes  # fmt: skip
    return {name: array for name, array in whole.items() if array is not None}


def as_npz(header, members):
    file = io.BytesIO()
    np.savez(file, header=np.array(json.dumps(header)), **members)
    return file.getvalue()


def as_safetensors(header, members):
    return save(
        {k: np.ascontiguousarray(v) for k, v in members.items()}, {"header": json.dumps(header)}
    )


def as_json(header, members):
    found = []
    for n in range(1, len(members) // 2 + 1):
        W, b = members[f"W{n}"], members[f"b{n}"]
        nodes = [{"bias": float(b), "weights": w.tolist()} for w, b in zip(W.T, b, strict=True)]
        found.append({"nodes": nodes})
    return json.dumps({**header, "layers": found}).encode()


MAKERS = {".npz": as_npz, ".safetensors": as_safetensors, ".json": as_json}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("hidden", [(), (1,), (5, 2, 3)])
def test_what_was_written_is_read_bit_for_bit(folder, kind, hidden):
    network = Network((784, *hidden, 10), "gelu")
    network.initialize("he", np.random.default_rng(1))
    path = folder / f"same{kind.upper()}"
    weights_file.write(network, path, {"run": "x", "step": 3})
    found, about = weights_file.read(path)
    assert (found.sizes, found.activation) == (network.sizes, "gelu")
    assert type(found.output) is type(network.output)
    np.testing.assert_array_equal(found.parameters, network.parameters, strict=True)
    assert about == {"run": "x", "step": 3}


@pytest.mark.parametrize("kind", FORMATS)
def test_extreme_float32_numbers_are_kept_exactly(folder, kind, network, written):
    found, about = weights_file.read(put(folder, kind, written[kind]))
    np.testing.assert_array_equal(found.parameters, network.parameters, strict=True)
    assert about["run"] == "ü"


@pytest.mark.parametrize("kind", [".npz", ".safetensors"])
def test_stored_in_float16_a_file_is_smaller_and_each_number_the_nearest(folder, kind, written):
    network = Network((784, 3, 10))
    network.initialize("he", np.random.default_rng(0))
    path = folder / f"half{kind}"
    weights_file.write(network, path, {}, np.float16)
    half, _ = weights_file.read(path)
    np.testing.assert_array_equal(half.parameters, network.parameters.astype(np.float16))
    assert path.stat().st_size < 0.9 * len(written[kind])


def test_json_lists_layers_nodes_weights_and_bias(network, written):
    layers = json.loads(written[".json"])["layers"]
    first = network.layers[0]
    assert [len(layer["nodes"]) for layer in layers] == [3, 10]
    node = layers[0]["nodes"][2]
    np.testing.assert_array_equal(np.float32(node["weights"]), first.W[2])
    assert np.float32(node["bias"]) == first.b[2]


def test_npz_holds_w_and_b_of_each_layer(network, written, folder):
    with np.load(put(folder, ".npz", written[".npz"])) as file:
        assert set(file) == {"W1", "b1", "W2", "b2", "header"}
        np.testing.assert_array_equal(file["W2"], network.layers[2].W)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({}, "not written by Digitscope"),
        ([], "not written by Digitscope"),
        (HEADER | {"digitscope": "1"}, "not written by Digitscope"),
        (HEADER | {"digitscope": -1}, "not written by Digitscope"),
        (HEADER | {"digitscope": 3}, "newer Digitscope"),
        (HEADER | {"activation": "swish"}, "activation must be one of .* found 'swish'"),
        (HEADER | {"activation": ["relu"]}, "activation must be one of"),
        (HEADER | {"output": None}, "output must be one of"),
    ],
)
def test_a_wrong_header_is_a_user_error(folder, kind, header, message):
    data = (
        MAKERS[kind](header, arrays()) if kind != ".json" or header else json.dumps(header).encode()
    )
    with pytest.raises(UserError, match=rf"model{kind}.*{message}"):
        weights_file.read(put(folder, kind, data))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("digitscope", 10**4000, "newer Digitscope"),
        ("activation", "a" * 10_000, "activation must be one of"),
        ("activation", 10**4000, "activation must be one of"),
        ("output", [[]] * 10_000, "output must be one of"),
    ],
)
def test_of_a_long_value_the_message_quotes_a_part(folder, kind, field, value, message):
    path = put(folder, kind, MAKERS[kind](HEADER | {field: value}, arrays()))
    with pytest.raises(UserError, match=message) as error:
        weights_file.read(path)
    assert len(str(error.value)) < len(str(path)) + 200


@pytest.mark.parametrize("kind", [".npz", ".safetensors"])
@pytest.mark.parametrize(
    ("header", "changes"),
    [({"layout": "a" * 10_000}, {}), ({}, {"a" * 10_000: np.zeros(1)})],
    ids=["layout", "array"],
)
def test_of_a_long_name_the_message_quotes_a_part(folder, kind, header, changes):
    path = put(folder, kind, MAKERS[kind](HEADER | header, arrays(**changes)))
    with pytest.raises(UserError, match="aaa") as error:
        weights_file.read(path)
    assert len(str(error.value)) < len(str(path)) + 200


def nested(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("depth", [900, 100_000])
@pytest.mark.parametrize("field", ["digitscope", "activation"])
def test_nested_lists_in_the_header_are_a_user_error(folder, kind, depth, field):
    text = json.dumps(HEADER | {field: "@"}).replace('"@"', nested(depth))
    file = io.BytesIO()
    np.savez(file, header=np.array(text), **arrays())
    by_kind = {
        ".npz": file.getvalue(),
        ".safetensors": save(arrays(), {"header": text}),
        ".json": text.encode(),
    }
    with pytest.raises(UserError, match=rf"model{kind}.*\.$"):
        weights_file.read(put(folder, kind, by_kind[kind]))


NAN = np.full(10, np.nan, np.float32)


@pytest.mark.parametrize("kind", [".npz", ".safetensors"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"b2": None}, "lacks b2"),
        ({"W1": None, "b1": None}, "lacks W1, b1"),
        ({"more": np.zeros(3)}, "has more"),
        ({"W1": np.zeros((400, 1), np.float32)}, r"W1 and b1 must be \(nodes, 784\).*\(1, 400\)"),
        ({"W1": np.zeros((1, 784), np.float32)}, "W1 and b1 must be"),
        ({"W1": np.zeros(784, np.float32)}, "W1 and b1 must be"),
        ({"b1": np.zeros(2, np.float32)}, "W1 and b1 must be"),
        ({"W2": np.zeros((2, 10), np.float32)}, r"W2 and b2 must be \(nodes, 1\)"),
        ({"W2": np.zeros((1, 9)), "b2": np.zeros(9)}, "expected 10 outputs.*found 9"),
        ({"W1": np.zeros((784, 0)), "b1": np.zeros(0), "W2": np.zeros((0, 10))}, "W1 and b1"),
        ({"b2": NAN}, "b2 contains numbers that are not finite"),
        ({"b2": np.full(10, 1e200)}, "b2 contains numbers that are not finite"),
        ({"b2": np.zeros(10, bool)}, "b2 must be numbers"),
    ],
)
def test_arrays_that_make_no_network_are_a_user_error(folder, kind, changes, message):
    with pytest.raises(UserError, match=rf"model{kind}.*{message}"):
        weights_file.read(put(folder, kind, MAKERS[kind](HEADER, arrays(**changes))))


LAYER = {"nodes": [{"bias": 0.0, "weights": [0.0] * 784}] * 10}


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (None, "lacks the list of layers"),
        ({}, "lacks the list of layers"),
        ([], "lacks W1, b1"),
        ([3], "layer 1 must be"),
        ([{"nodes": 3}], "layer 1 must be"),
        ([{"nodes": []}], "W1 and b1 must be"),
        ([{"nodes": [{"bias": 0}]}], "layer 1 must be"),
        ([{"nodes": [{"bias": "x", "weights": [0.0] * 784}]}], "layer 1 must be"),
        ([{"nodes": [{"bias": 0, "weights": [0.0] * 784}, {"bias": 0, "weights": []}]}], "layer 1"),
        ([LAYER, {"nodes": [{"bias": 0, "weights": [10**400]}]}], "layer 2 must be"),
        ([{"nodes": [{"bias": float("nan"), "weights": [0.0] * 784}] * 10}], "not finite"),
        ([{"nodes": [{"bias": 0, "weights": [1e39] * 784}] * 10}], "not finite"),
        ([{"nodes": [{"bias": 0, "weights": [0.0] * 400}] * 10}], r"\(nodes, 784\).*\(10, 400\)"),
        ([LAYER, LAYER], r"W2 and b2 must be \(nodes, 10\)"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_json_that_makes_no_network_is_a_user_error(folder, layers, message):
    data = json.dumps({**HEADER, "layers": layers}).encode()
    with pytest.raises(UserError, match=rf"model.json.*{message}"):
        weights_file.read(put(folder, ".json", data))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"no model", b"[" * 100_000, b"\xff\xfe{}"])
def test_a_file_of_another_format_is_a_user_error(folder, kind, data):
    with pytest.raises(UserError, match=rf"model{kind}.*\.$"):
        weights_file.read(put(folder, kind, data))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_missing_file_and_a_folder_are_user_errors(tmp_path, kind):
    with pytest.raises(UserError, match="cannot be read"):
        weights_file.read(tmp_path / f"none{kind}")
    (tmp_path / f"folder{kind}").mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        weights_file.read(tmp_path / f"folder{kind}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
@pytest.mark.parametrize("kind", FORMATS)
def test_pipes_and_devices_are_not_read(tmp_path, kind):
    pipe, device = tmp_path / f"pipe{kind}", tmp_path / f"device{kind}"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for path in (pipe, device):
        with pytest.raises(UserError, match="it is not a regular file"):
            weights_file.read(path)


def test_the_size_limit_applies_to_all_arrays_together(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "WEIGHTS_BYTES", 10_000)
    np.savez_compressed(tmp_path / "bomb.npz", a=np.zeros(800), b=np.zeros(800))
    with pytest.raises(UserError, match=r"\(b\): 6,400 bytes; at most 3,600"):
        weights_file.read(tmp_path / "bomb.npz")


def peak_memory(path):
    """→ bytes allocated at most, and the network or the error."""
    tracemalloc.start()
    try:
        found = weights_file.read(path)[0]
    except UserError as error:
        found = error
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, found


def test_json_of_many_lists_is_rejected_before_it_is_parsed(folder):
    data = b"[" + b"[]," * 600_000 + b"[]]"  # parsed, it takes 38 MB
    peak, error = peak_memory(put(folder, ".json", data))
    assert "model.json: expected a network; it has more than 500,000 lists" in str(error)
    assert peak < 3 * len(data)


def test_weights_in_json_take_little_more_memory_than_the_file(folder):
    network = Network((784, 200, 10))
    path = folder / "large.json"
    network.parameters[:] = np.random.default_rng(0).normal(size=network.parameters.size)
    weights_file.write(network, path, {})
    peak, found = peak_memory(path)
    np.testing.assert_array_equal(found.parameters, network.parameters)
    assert peak < 3 * path.stat().st_size


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_larger_than_any_network_is_not_parsed(folder, kind):
    path = folder / f"sparse{kind}"
    size = limits.JSON_BYTES if kind == ".json" else limits.WEIGHTS_BYTES
    with open(path, "wb") as file:
        file.truncate(size + 1)  # takes no space
    with pytest.raises(UserError, match=rf"is larger than {size:,} bytes, the limit .* in {kind}"):
        weights_file.read(path)
    path.unlink()


def test_a_network_of_too_many_parameters_is_rejected_before_it_is_made(folder, monkeypatch):
    monkeypatch.setattr(limits, "PARAMETERS", 800)
    with pytest.raises(UserError, match="has 805 parameters; the limit is 800"):
        weights_file.read(put(folder, ".npz", as_npz(HEADER, arrays())))


def test_what_could_not_be_read_again_is_not_written(tmp_path, network, monkeypatch):
    monkeypatch.setattr(limits, "JSON_BYTES", 4_000)
    with pytest.raises(UserError, match=r"Export it as \.npz or \.safetensors"):
        weights_file.write(network, tmp_path / "a.json", {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["model", "model.pkl", "model.h5", ".npz"])
def test_other_endings_are_user_errors(tmp_path, network, name):
    for use in (weights_file.read, lambda path: weights_file.write(network, path, {})):
        with pytest.raises(UserError, match=r"\.npz, \.json, \.safetensors"):
            use(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_pickle_is_never_loaded(folder):
    class Trap:
        def __reduce__(self):
            return pytest.fail, ("unpickled",)

    trap = np.array([Trap()])
    with pytest.raises(UserError, match="pickle"):
        weights_file.read(put(folder, ".npz", as_npz(HEADER, arrays(b2=trap))))
    with pytest.raises(UserError):
        weights_file.read(put(folder, ".npz", pickle.dumps(Trap())))


def test_numbers_beyond_float16_are_not_written_as_float16(tmp_path, network):
    with pytest.raises(UserError, match="no longer finite"):
        weights_file.write(network, tmp_path / "a.npz", {}, np.float16)
    assert not list(tmp_path.iterdir())


def test_a_network_that_diverged_is_not_written(tmp_path):
    network = Network((784, 10))
    network.parameters[3] = np.nan
    with pytest.raises(UserError, match="no longer finite"):
        weights_file.write(network, tmp_path / "a.json", {})
    assert not list(tmp_path.iterdir())


@given(data=st.data())
@pytest.mark.parametrize("kind", FORMATS)
def test_a_damaged_file_is_a_network_or_a_user_error(folder, written, kind, data):
    whole = bytearray(written[kind])
    # Headers and structure are at both ends, numbers between them.
    at = st.integers(0, 600) | st.integers(-600, -1) | st.integers(0, len(whole) - 1)
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(at)] = data.draw(st.integers(0, 255))
    cut = data.draw(st.none() | at)
    try:
        found, about = weights_file.read(put(folder, kind, bytes(whole[:cut])))
    except UserError as error:
        assert str(error).endswith(".")
    else:
        assert np.isfinite(found.parameters).all() and isinstance(about, dict)


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o077, 0o600)])
def test_permissions_follow_the_umask(tmp_path, network, kind, umask, mode):
    path = tmp_path / f"a{kind}"
    before = os.umask(umask)
    try:
        weights_file.write(network, path, {})
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("kind", [".npz", ".safetensors"])
def test_the_layout_is_stated_and_an_unknown_one_is_a_user_error(folder, kind, written):
    assert b"outputs_inputs" in written[kind].replace(b"\0", b"")  # NumPy's text: 4 bytes each
    other = MAKERS[kind](HEADER | {"layout": "other"}, arrays())
    with pytest.raises(UserError, match="layout must be outputs_inputs; found 'other'"):
        weights_file.read(put(folder, kind, other))


@pytest.mark.parametrize("kind", [".npz", ".safetensors"])
def test_a_file_in_the_layout_of_0_1_makes_the_same_network(folder, kind, network):
    members = {
        f"{name}{n}": np.ascontiguousarray(array.T)
        for n, layer in enumerate((network.layers[0], network.layers[2]), 1)
        for name, array in (("W", layer.W), ("b", layer.b))
    }
    header = HEADER | {"activation": "tanh", "output": "sigmoid"}
    found, _ = weights_file.read(put(folder, kind, MAKERS[kind](header, members)))
    np.testing.assert_array_equal(found.parameters, network.parameters)


def test_pytorch_loads_a_safetensors_file_as_it_is(tmp_path):
    torch = pytest.importorskip("torch", reason="a peer of the benchmarks")
    from safetensors.torch import load_file

    network = Network((784, 20, 15, 10))
    network.initialize("normal", np.random.default_rng(0))
    weights_file.write(network, tmp_path / "model.safetensors", {})
    linear = torch.nn.Linear
    model = torch.nn.Sequential(
        linear(784, 20), torch.nn.ReLU(), linear(20, 15), torch.nn.ReLU(), linear(15, 10)
    )
    model.load_state_dict(load_file(tmp_path / "model.safetensors"))
    x = np.random.default_rng(1).random((784, 3), np.float32)
    logits = model(torch.from_numpy(x.T.copy())).detach().numpy()
    np.testing.assert_allclose(network.logits(x).T, logits, rtol=1e-4, atol=1e-3)
