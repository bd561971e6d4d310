from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import parallel_step
from nn.augmentation import RANGES
from nn.batches import Batches
from nn.errors import UserError
from nn.losses import LOSSES, cross_entropy
from nn.models import checkpoint
from nn.network import Network, layer_views, parameter_count
from nn.optimizers import AdamW, Sgd
from nn.parallel_step import ParallelStep, divide, parameter_spans, training_step
from nn.random_streams import CURRENT_VERSION
from nn.training import Epoch, Step, TrainingState, train
from nn.training_step import TrainingStep

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="Steps are shared by forked processes."),
    pytest.mark.usefixtures("one_thread"),
]

SGD = partial(Sgd, lr=0.1, momentum=0.9, dtype="float64")
ADAMW = partial(AdamW, lr=0.01, weight_decay=0.1, dtype="float64")
SGD32 = partial(Sgd, lr=0.1, momentum=0.9)
SIZES = [(64, 10), (64, 7, 10), (64, 30, 20, 10), (64, 30, 3, 40, 10), (64, 12, 12, 12, 10)]
SIZES += [(64, 1, 10)]


@pytest.fixture(autouse=True)
def small_layers_are_worth_it(monkeypatch):
    monkeypatch.setattr(parallel_step, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(parallel_step, "WORTH_SHARING", 1000)


def learn(dataset, sizes, cores, *, optimizer=SGD, dtype="float64", dropout=0.0, **options):
    """→ the network, its optimizer and the losses of its steps."""
    network = Network(sizes, dtype=dtype, dropout=dropout)
    network.initialize("he", np.random.default_rng(3))
    trained_by = optimizer(len(network.parameters))
    loss = options.pop("loss", cross_entropy)
    options = {"epochs": 2, "batch_size": 10, "seed": 1} | options
    events = train(network, loss, trained_by, dataset, cores=cores, **options)
    return network, trained_by, [event.loss for event in events if isinstance(event, Step)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("processes", [2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dropout": 0.3, "clip_norm": 0.1},
        {"loss": LOSSES["squared_error"], "optimizer": ADAMW},
        {"optimizer": partial(SGD, nesterov=True, weight_decay=0.01), "augmentation": 0.0},
    ],
    ids=["plain", "dropout and clipping", "squared error, AdamW", "Nesterov, weight decay"],
)  # fmt: skip
def test_several_processes_compute_what_one_computes(noise, sizes, processes, options):
    dataset = noise(57, side=8)
    network, optimizer, losses = learn(dataset, sizes, 1, **options)
    shared, shared_optimizer, shared_losses = learn(dataset, sizes, processes, **options)

    np.testing.assert_allclose(shared.parameters, network.parameters, atol=1e-10)
    np.testing.assert_allclose(shared_optimizer.state, optimizer.state, atol=1e-10)
    np.testing.assert_allclose(shared_losses, losses, atol=1e-10)
    assert shared_optimizer.steps == optimizer.steps


def test_augmented_images_are_the_same_for_several_processes(noise):
    dataset = noise(57)
    options = {"sizes": (784, 8, 10), "augmentation": 1.0, "epochs": 3}
    _, _, losses = learn(dataset, cores=1, **options)
    _, _, shared_losses = learn(dataset, cores=2, **options)
    np.testing.assert_allclose(shared_losses, losses, atol=1e-10)


def test_the_same_number_of_processes_gives_the_same_bits(noise):
    options = {"sizes": (64, 33, 10), "cores": 2, "dtype": "float32", "optimizer": SGD32}
    network, _, losses = learn(noise(57, side=8), **options)
    again, _, losses_again = learn(noise(57, side=8), **options)
    assert network.parameters.tobytes() == again.parameters.tobytes()
    assert losses == losses_again


@pytest.mark.parametrize("stop", [1, 6, 7, 9])
def test_a_training_resumed_by_several_processes_equals_the_uninterrupted_one(noise, stop):
    dataset, options = noise(57, side=8), {"epochs": 3, "batch_size": 10, "seed": 1, "cores": 2}
    whole, _, _ = learn(dataset, (64, 12, 10), 2, epochs=3, dtype="float32", optimizer=SGD32)
    network, state = Network((64, 12, 10)), TrainingState()
    network.initialize("he", np.random.default_rng(3))
    sgd = SGD32(len(network.parameters))
    events = train(network, cross_entropy, sgd, dataset, state=state, **options)
    list(islice(events, stop))
    saved = checkpoint.pack(network.parameters, sgd, state)
    events.close()

    later = Network((64, 12, 10))
    state = checkpoint.unpack(saved, later.parameters, sgd, later.sizes)
    list(train(later, cross_entropy, sgd, dataset, state=state, **options))

    assert later.parameters.tobytes() == whole.parameters.tobytes()


def test_the_learning_rate_may_change_between_steps(noise):
    results, options = [], {"epochs": 2, "batch_size": 10, "seed": 1}
    for cores in (1, 2):
        network = Network((64, 12, 10), dtype="float64")
        network.initialize("he", np.random.default_rng(3))
        sgd = SGD(len(network.parameters))
        dataset = noise(57, side=8)
        for event in train(network, cross_entropy, sgd, dataset, cores=cores, **options):
            sgd.lr *= 0.9
            if isinstance(event, Epoch):
                network.parameters *= 0.5  # what is read between two events may be written, too
        results.append(network.parameters.copy())
    np.testing.assert_allclose(*results, atol=1e-10)


@given(
    sizes=st.lists(st.integers(1, 900), min_size=2, max_size=6),
    batch_size=st.integers(1, 1000),
    processes=st.integers(2, 9),
)
def test_every_neuron_and_parameter_belongs_to_one_process(sizes, batch_size, processes):
    layers = divide(sizes, batch_size, processes)

    assert [len(parts) for parts in layers] == [processes] * (len(sizes) - 1)
    for parts, width in zip(layers, sizes[1:], strict=True):
        assert parts[0].start == 0
        assert parts[-1].stop == width
        assert all(a.stop == b.start for a, b in pairwise(parts))
    owners = np.zeros(parameter_count(sizes))
    for part in range(processes):
        rows = [parts[part] for parts in layers]
        expected = np.zeros_like(owners)
        for (W, b), neurons in zip(layer_views(expected, sizes), rows, strict=True):
            W[neurons], b[neurons] = 1, 1
        found = np.zeros_like(owners)
        for span in parameter_spans(sizes, rows):
            found[span] += 1
        np.testing.assert_array_equal(found, expected)
        owners += found
    assert (owners == 1).all()


def test_the_main_process_has_less_of_the_first_layer_when_it_computes_others_alone():
    first, second, _ = divide((784, 800, 200, 10), 0, 2)  # no second layer is worth sharing
    assert second == [slice(0, 200), slice(200, 200)]
    alone = 800 * 200 + 200 * 10
    assert first[0].stop == pytest.approx((784 * 800 + alone) / 2 / 784 - alone / 784, abs=4)


# Processes


@pytest.fixture
def parallel_step_of_two(noise):
    network = Network((64, 12, 10))
    network.initialize("he", np.random.default_rng(3))
    sgd = Sgd(len(network.parameters), lr=0.1)
    batches = Batches(noise(57, side=8), 10, 1, 0.0, RANGES, CURRENT_VERSION)
    step = training_step(network, cross_entropy, sgd, batches, 0.0, cores=2)
    assert isinstance(step, ParallelStep)
    yield step
    step.close()


def is_alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"  # dead, and perhaps not yet waited for


def test_closing_ends_the_processes(parallel_step_of_two):
    [helper] = parallel_step_of_two._helpers
    parallel_step_of_two.take(0, 1.0)
    parallel_step_of_two.close()
    assert not is_alive(helper.pid)


def test_a_training_that_is_not_finished_ends_its_processes(noise, monkeypatch):
    helpers, fork = [], os.fork

    def watched_fork():
        pid = fork()
        helpers.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", watched_fork)
    network = Network((64, 12, 10))
    options = {"epochs": 1, "batch_size": 10, "seed": 1, "cores": 2}
    events = train(
        network, cross_entropy, SGD32(len(network.parameters)), noise(57, side=8), **options
    )
    next(events)
    assert list(map(is_alive, helpers)) == [True]
    del events
    assert list(map(is_alive, helpers)) == [False]


def test_a_process_that_the_system_ends_is_reported(parallel_step_of_two, monkeypatch):
    monkeypatch.setattr(parallel_step, "SLEEP", 0.01)
    [helper] = parallel_step_of_two._helpers
    parallel_step_of_two.take(0, 1.0)
    os.kill(helper.pid, signal.SIGKILL)
    with pytest.raises(UserError, match="Resume it"):
        parallel_step_of_two.take(1, 1.0)


def test_ctrl_c_reaches_only_the_main_process(parallel_step_of_two):
    [helper] = parallel_step_of_two._helpers
    parallel_step_of_two.take(0, 1.0)
    os.kill(helper.pid, signal.SIGINT)
    parallel_step_of_two.take(1, 1.0)


KILLED = """
import os, sys
import numpy as np
from nn import parallel_step
from nn.augmentation import RANGES
from nn.batches import Batches
from nn.data.dataset import Dataset
from nn.losses import cross_entropy
from nn.network import Network
from nn.optimizers import Sgd

parallel_step.WORTH_A_PROCESS = 1
network = Network((784, 12, 10))
images = Dataset(np.zeros((20, 28, 28), np.uint8), np.zeros(20, np.uint8), "black")
batches = Batches(images, 10, 1, 0.0, RANGES, 2)
sgd = Sgd(len(network.parameters), 0.1)
step = parallel_step.training_step(network, cross_entropy, sgd, batches, 0.0, cores=2)
step.take(0, 1.0)
print(step._helpers[0].pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_the_processes_end_when_the_main_process_is_killed():
    killed = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True)
    out, _ = killed.communicate(timeout=60)  # returns when nobody holds the pipe any more
    assert killed.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while is_alive(int(out)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_without_more_processes_one_takes_the_step(noise, monkeypatch):
    def forbidden():
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", forbidden)
    dataset = noise(57, side=8)
    expected, _, _ = learn(dataset, (64, 12, 10), 1)
    found, _, _ = learn(dataset, (64, 12, 10), 2)
    assert found.parameters.tobytes() == expected.parameters.tobytes()


@pytest.mark.parametrize(("batch_size", "kind"), [(1, TrainingStep), (64, ParallelStep)])
def test_a_step_is_shared_when_it_is_worth_it(noise, monkeypatch, batch_size, kind):
    monkeypatch.undo()
    network = Network((784, 30, 10))
    sgd = Sgd(len(network.parameters), lr=0.1)
    batches = Batches(noise(64), batch_size, 1, 0.0, RANGES, CURRENT_VERSION)
    step = training_step(network, cross_entropy, sgd, batches, 0.0, cores=2)
    try:
        assert type(step) is kind
    finally:
        step.close()
