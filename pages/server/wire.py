"""The wire format: every message between server and browser, described here and nowhere else.

A **binary message** goes from the server to the browser. All numbers are little-endian::

    uint32   header length in bytes
    bytes    header: JSON in UTF-8, padded with spaces to a multiple of 4
    bytes    tiles, if the header has a "snapshot"
    bytes    connections, if the header has "connections"

**Tiles** are the first layer's weights, for ``snapshot.neurons`` of ``snapshot.total_neurons``::

    float32  scales (neurons,): the largest absolute weight of each neuron
    int8     tiles (neurons, 784): a weight is tile / 127 × its neuron's scale

**Connections** are the strongest weights between neighboring layers, weakest first. The header's
``connections`` counts them for each pair of layers; for each pair follow::

    uint16   starts (count,): nodes of the earlier layer
    uint16   ends (count,): nodes of the later layer
    float32  weights (count,)

``WebSocket /live`` carries all the runs that a page shows. The browser sends texts of JSON:

    {"watch": RUN, "rate": …, "tiles": …, "connections": …, "points": …}
        what it wants of a run from now on: so many messages a second at most, and tiles of so many
        neurons at most, both null for all; whether connections and points are wanted
    {"unwatch": RUN}
        nothing more
    {"drawn": RUN}
        the last message about the run is on screen
    {"id": …, "run": RUN, "request": …, "value": …}
        a **request**: a command of nn.runs.worker.process, ``resume_race`` to resume the run
        together with the other members of its race, or ``random_image`` for an image of the run's
        test set; the id is a number that it chooses

The server sends binary messages, each about one run, whose header has these keys:

    run, first
        which run, and whether this is the first message since the browser began to watch it
    state, message, epoch, epochs, step, total_steps, samples_seen, seconds, test_accuracy, sizes
        the run as it is now
    lr, speed
        the learning rate and the batches a second set while the run trained, or null
    last_obeyed
        the id of the last command that the run's worker has obeyed
    version
        of the server's assets; a page of another version reloads
    points
        {"samples_seen": […], "loss": […], "smoothed_loss": […]}: those after the last message
    accuracy_estimates, estimated_on
        {"samples_seen": […], "accuracy": […]}: likewise; on "validation" or "training" images
    new_epochs
        the epochs completed after the last message
    snapshot
        {"step", "samples_seen", "loss", "neurons", "total_neurons"}, or null if it has not changed
    connections
        the counts, or null if they have not changed

Only when a message is drawn does the server send the next one about the same run, always with the
newest snapshot: a slow browser skips snapshots but no points or epochs, and slows nobody else down.
Runs whose last message is oldest come first, so that none waits for the others.

The server's texts are of JSON. They **respond** to each request at once, with the same id:

    {"id", "command": id}
        the command is accepted; it has been obeyed when ``last_obeyed`` is its id or a later one.
        null: it needed no worker, and has been carried out
    {"id", "error": message, "field": name}
        the request is rejected, and why. field: the one of RunSpec whose value is not allowed, if
        it is that; the message goes on after its name
    {"id", "image": 28 × 28 bytes in Base64, "label"}

or end the watching of one run:

    {"run", "gone": message}
        there is no such run, or no more
    {"run", "problem": message}
        the run cannot be shown, or not together with so many others

``POST /runs`` starts a run for the visitor whose cookie it carries. Its body is JSON::

    {"version": of the page's assets, "key": …, "settings": {field of RunSpec: value}}
    {"version": of the page's assets, "key": …, "restart": id of the run whose RunSpec to use again}

The hidden layers are a text. The key, 8 to 64 letters, digits and hyphens, is new for each press of
a button. The same key by the same visitor is the same run, so a request whose response was lost can
be sent again. The response is JSON, with the ``version`` of the server's assets and::

    "run": id
        the run has been recorded, and trains or is queued
    "error": message, "field": name
        nothing was started, and why; field: as above

``POST /groups`` starts a race or a grid in the same way, with a version and a key::

    "kind": "race" or "grid", "members": [{field of RunSpec: value}, …], "options": {…}
        2 to 4 members of a race, at most 64 of a grid; the option "free" of a race: equal training
        time instead of equal images

and is answered by ``{"group": id, "runs": [ids, in order]}``, or by an error as above, with the
``member`` whose settings are not allowed, counted from 0, if it is one.

``GET /snapshots/RUN?after=STEP&until=STEP&skip=N`` returns kept snapshots with ``after < step ≤
until``, coarse first: binary messages, each preceded by its length (uint32), with ``snapshot`` and
``connections`` in their header. One response holds a portion of them; the next request skips those
already received, until a response is empty. With ``&tiles=COUNT``, they have at most so many tiles,
and no connections.

``GET /curves?runs=RUN,RUN&points=N`` returns the curves of up to 100 runs, those that exist, with
about N points, epochs and estimates at most, 200 without it, as JSON::

    {"version": of the server's assets, "runs": {RUN: {
        "name", "configuration": equal for all seeds of one configuration,
        "status": {"state", "step", "total_steps", "samples_seen", "seconds", "epochs"},
        "points": {"samples_seen": […], "smoothed_loss": […]},
        "estimates": {"samples_seen": […], "accuracy": […]},
        "epochs": [{"epoch", "step", "samples_seen", "seconds", "train_accuracy", "val_loss",
                    "val_accuracy", "test_accuracy"}, …]}}}

``WebSocket /live-runs`` sends the runs that are active, now and whenever they change, newest first.
Browsers learn which runs are their own, and no visitor's id; they send nothing::

    {"runs": [{"id", "name", "network": "784-128-10", "state", "yours"}, …]}

``WebSocket /predict`` answers each request, a text of JSON, with another one::

    {"id", "images": [{"png": the canvas} or {"input": 28 × 28 bytes}, …],
     "models": [[RUN, STEP], …], "with_layers": whether activations are wanted}
    {"id", "version", "images": [{"input", "problem"}, …],
     "models": [{"predictions": [{"probabilities", "rejected"}, …],
                 "layers": of the first image, [784 pixels, each hidden layer, 10 probabilities]}
                or {"error"}, …]}

The images are in Base64; RUN is "" for the pretrained model, STEP null for the newest snapshot;
``problem`` says why an image has no digit to classify, or is null; ``version`` is that of the
server's assets. ``{"id", "version", "error"}`` answers a request that cannot be carried out.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from nn import PIXELS
from nn.analysis.neurons.strongest_weights import MAX_CONNECTIONS, strongest_weights
from nn.analysis.neurons.weight_tiles import weight_tiles
from nn.layers import Array
from nn.runs.store.run import Snapshot

MAX_TILES = 1000  # more tiles are too small to see
WATCH, UNWATCH, DRAWN = "watch", "unwatch", "drawn"
RANDOM_IMAGE, RESUME_RACE = "random_image", "resume_race"


class Wish(NamedTuple):
    """What a page wants of a run that it watches."""

    rate: float | None = None  # messages a second at most; None: as many as there are
    tiles: int | None = None  # neurons at most; None: all
    connections: bool = True
    points: bool = True


def pack_message(header: object, *parts: bytes) -> bytes:
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    return b"".join((struct.pack("<I", len(text)), text, *parts))


def pack_messages(messages: Iterable[bytes]) -> bytes:
    """Binary messages in a row, each preceded by its length."""
    return b"".join(struct.pack("<I", len(message)) + message for message in messages)


def unpack_text(text: str) -> dict[str, Any]:
    """A text of the browser. Raises ValueError unless it is of one of the kinds described above."""
    try:
        received = json.loads(text)
        runs = [received[key] for key in (WATCH, UNWATCH, DRAWN, "run") if key in received]
        is_known = len(runs) == 1 and isinstance(runs[0], str)
        if is_known and ("run" not in received or {"id", "request"} <= received.keys()):
            return dict(received)
    except (ValueError, TypeError, AttributeError, RecursionError):
        pass
    raise ValueError(f"not understood: {text!r}")


def unpack_wish(received: Mapping[str, Any]) -> Wish:
    """What comes with ``watch``. Raises ValueError for what is not possible."""
    rate, tiles = received.get("rate"), received.get("tiles")
    try:
        rate, tiles = rate if rate is None else float(rate), tiles if tiles is None else int(tiles)
    except (TypeError, OverflowError):
        raise ValueError(f"not a number: {rate!r}, {tiles!r}") from None
    if (rate is not None and not 0 < rate < math.inf) or (tiles is not None and tiles < 0):
        raise ValueError(f"not possible: {rate}, {tiles}")
    return Wish(
        rate, tiles, received.get("connections", True) is True, received.get("points", True) is True
    )


def snapshot_header(
    snapshot: Snapshot, sizes: Sequence[int], max_tiles: int = MAX_TILES
) -> dict[str, Any]:
    return {
        "step": snapshot.step,
        "samples_seen": snapshot.samples_seen,
        "loss": snapshot.loss,
        "neurons": tile_count(sizes, max_tiles),
        "total_neurons": sizes[1],
    }


def tile_count(sizes: Sequence[int], max_tiles: int = MAX_TILES) -> int:
    return min(sizes[1], max_tiles)


def pack_tiles(scales: Array, shades: Array) -> bytes:
    """scales: (neurons,) float32; shades: (neurons, 784) int8."""
    return scales.astype("<f4").tobytes() + shades.tobytes()


def first_tiles(tiles: bytes, neurons: int, count: int) -> bytes:
    """Of tiles packed for ``neurons``, those of the first ``count``."""
    scales = 4 * neurons
    return tiles[: 4 * count] + tiles[scales : scales + PIXELS * count]


def pack_first_layer(parameters: Array, sizes: Sequence[int], max_tiles: int = MAX_TILES) -> bytes:
    """The tiles of a network's first layer."""
    return pack_tiles(*weight_tiles(parameters, sizes, slice(tile_count(sizes, max_tiles))))


def connection_counts(sizes: Sequence[int]) -> list[int]:
    return [min(MAX_CONNECTIONS, inputs * outputs) for inputs, outputs in pairwise(sizes)]


def pack_connections(parameters: Array, sizes: Sequence[int]) -> bytes:
    return b"".join(
        pair.source.astype("<u2").tobytes()
        + pair.target.astype("<u2").tobytes()
        + pair.weight.astype("<f4").tobytes()
        for pair in strongest_weights(parameters, sizes)
    )
