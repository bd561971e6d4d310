"""RunSpec: everything that decides a run, in one frozen value."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from nn import PIXELS
from nn.data import sources
from nn.data.dataset import Splits
from nn.errors import FieldError, UserError
from nn.initializers import INITIALIZERS
from nn.layers import ACTIVATIONS, OUTPUTS
from nn.losses import LOSSES, Loss
from nn.network import Network, parameter_count
from nn.optimizers import OPTIMIZERS, Optimizer, Sgd
from nn.random_streams import CURRENT_VERSION, INITIALIZATION, stream
from nn.runs.old_names import translated
from nn.schedules import SCHEDULES
from nn.support.limits import PARAMETERS

MAX_WIDTH, MAX_LAYERS = 10_000, 20
# Lowest and highest value of each numeric field, both allowed. ints: only whole numbers.
LIMITS: dict[str, tuple[int, int] | tuple[float, float]] = {
    "lr": (0.0, 1000.0),  # above 0
    "momentum": (0.0, 0.9999),
    "weight_decay": (0.0, 1.0),
    "dropout": (0.0, 0.95),
    "augmentation": (0.0, 2.0),
    "label_smoothing": (0.0, 0.9),
    "clip_norm": (0.0, 1e6),
    "early_stopping_patience": (0, 10_000),
    "batch_size": (1, 10_000),
    "epochs": (1, 10_000),
    "validation_size": (0, 1_000_000),
    "train_size": (0, 10_000_000),
    "seed": (0, 2**32 - 1),
}
DATASET_NAMES = {"mnist": "MNIST", "strokes": "synthetic digits"}  # for people
PRETRAINED = "pretrained"  # value of init_from: the model that comes with the program


@dataclass(frozen=True)
class RunSpec:
    """Same spec, seed, number of cores and machine: the same run, bit for bit.

    Creating one validates it: FieldError names the field, what is allowed and what it got.
    """

    hidden: tuple[int, ...] = (128,)  # widths of the hidden layers; () for none
    activation: str = "relu"  # of the hidden layers
    output: str = "softmax"
    loss: str = "cross_entropy"
    initializer: str = "he"
    optimizer: str = "sgd"
    lr: float = 0.1  # learning rate: step length along the batch's mean gradient
    lr_schedule: str = "cosine"  # how the learning rate changes over the run
    momentum: float = 0.9  # of sgd
    nesterov: bool = False  # of sgd
    weight_decay: float = 0.0  # how much each step shrinks the weights
    dropout: float = 0.0  # share of hidden activations set to 0 at each step
    augmentation: float = 0.0  # strength of random changes to each image; 1: as handwriting varies
    label_smoothing: float = 0.0  # share of each label spread over all classes
    clip_norm: float = 0.0  # largest norm of the gradient; 0: unlimited
    early_stopping_patience: int = (
        0  # epochs without a lower validation loss before training ends; 0: never
    )
    batch_size: int = 64  # images a step
    epochs: int = 5
    dataset: str = "mnist"  # or strokes, or the path of a data set
    extra_data: str = ""  # an .npz of images added to the training images; see nn.data.extra_data
    init_from: str = ""  # pretrained, or RUN@STEP; "": random initial weights
    validation_size: int = (
        5000  # training images held out; of other data sets a tenth, or with 0 none
    )
    train_size: int = 0  # training images used, the first ones; 0: all
    seed: int = 0

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "hidden", tuple(self.hidden))
        except TypeError:
            raise _wrong("hidden", "a list of layer widths", self.hidden) from None
        for width in self.hidden:
            _check_number("hidden", width, 1, MAX_WIDTH)
        if len(self.hidden) > MAX_LAYERS:
            raise _wrong("hidden", f"at most {MAX_LAYERS} layers", len(self.hidden))
        for field, names in (
            ("activation", ACTIVATIONS),
            ("output", OUTPUTS),
            ("loss", LOSSES),
            ("initializer", INITIALIZERS),
            ("optimizer", OPTIMIZERS),
            ("lr_schedule", SCHEDULES),
        ):
            if getattr(self, field) not in tuple(names):
                raise _wrong(field, f"one of {', '.join(names)}", getattr(self, field))
        if self.dataset not in sources.DATASETS and not _is_absolute(self.dataset):
            expected = f"one of {', '.join(sources.DATASETS)}, or an absolute path"
            raise _wrong("dataset", expected, self.dataset)
        if self.extra_data != "" and not _is_absolute(self.extra_data):
            raise _wrong("extra_data", "an absolute path, or empty", self.extra_data)
        if self.init_from not in ("", PRETRAINED) and not _is_snapshot(self.init_from):
            expected = f"{PRETRAINED}, a snapshot of a run as RUN@STEP, or empty"
            raise _wrong("init_from", expected, self.init_from)
        if not isinstance(self.nesterov, bool):
            raise _wrong("nesterov", "true or false", self.nesterov)
        for field, limits in LIMITS.items():
            _check_number(field, getattr(self, field), *limits)
        if not self.lr:
            raise _wrong("lr", "above 0", self.lr)
        if parameter_count(self.sizes) > PARAMETERS:
            raise FieldError(
                "hidden",
                f"{', '.join(map(str, self.hidden))} makes a network of "
                f"{parameter_count(self.sizes):,} parameters; the limit is {PARAMETERS:,}. "
                "Choose narrower or fewer layers.",
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Layer widths from pixels to digits, for example (784, 128, 10)."""
        return (PIXELS, *self.hidden, 10)

    @property
    def data_name(self) -> str:
        """The name of the dataset; the folder of a file is private."""
        name = DATASET_NAMES.get(self.dataset) or Path(self.dataset).name
        return name + (" and extra data" if self.extra_data else "")

    def network(self) -> Network:
        """The network before initialization."""
        return Network(self.sizes, self.activation, self.output, dropout=self.dropout)

    def build(self, stream_version: int = CURRENT_VERSION) -> tuple[Network, Loss, Optimizer]:
        """The network with random initial parameters, its loss and its optimizer.

        For a run with init_from, see nn.runs.load_network.initial_parameters."""
        network = self.network()
        rng = stream(INITIALIZATION, self.seed, version=stream_version)
        network.initialize(self.initializer, rng)
        size, decay = len(network.parameters), self.weight_decay
        optimizer: Optimizer
        if self.optimizer == "sgd":
            optimizer = Sgd(size, self.lr, self.momentum, self.nesterov, decay)
        else:
            optimizer = OPTIMIZERS[self.optimizer](size, self.lr, decay)
        loss = partial(LOSSES[self.loss], label_smoothing=self.label_smoothing)
        return network, loss, optimizer

    def load_splits(self) -> Splits:
        """The images to train and measure with. Raises UserError, see nn.data.sources."""
        return sources.load_splits(
            self.dataset, self.validation_size, self.seed, self.extra_data, self.train_size
        )

    def training(self) -> dict[str, Any]:
        """Keyword arguments of nn.training.train."""
        return {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "seed": self.seed,
            "lr_schedule": SCHEDULES[self.lr_schedule],
            "augmentation": self.augmentation,
            "clip_norm": self.clip_norm,
            "early_stopping_patience": self.early_stopping_patience,
        }

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> RunSpec:
        """Raises UserError as ``read_fields`` and ``from_dict`` do."""
        return cls.from_dict(read_fields(text))

    @classmethod
    def from_stored(cls, text: str) -> tuple[RunSpec, tuple[str, ...]]:
        """The spec that a store keeps as JSON, and the fields of a newer version, which it leaves
        out. Raises UserError as ``from_json``, but not for these."""
        fields = translated(read_fields(text))
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = tuple(name for name in fields if name not in known)
        return cls.from_dict({k: v for k, v in fields.items() if k in known}), unknown

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> RunSpec:
        """Fields left out take their defaults. Raises UserError for one that does not exist."""
        fields = translated(fields)
        known = [field.name for field in dataclasses.fields(cls)]
        for name in fields:
            if name not in known:
                raise UserError(f"There is no field {name!r}; the fields are {', '.join(known)}.")
        return cls(**fields)


def read_fields(text: str) -> dict[str, Any]:
    """The fields in a JSON text. Raises UserError for a text that is not a JSON object."""
    try:
        fields = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:  # TypeError: not even text
        raise UserError(f"The configuration is not JSON: {error}.") from None
    if not isinstance(fields, dict):
        raise UserError(
            f"A configuration is a JSON object of fields; found {type(fields).__name__}."
        )
    return fields


def parse_hidden(text: str) -> tuple[int, ...]:
    """``"128, 64"`` → (128, 64); an empty text means no hidden layer. Raises FieldError."""
    try:
        return tuple(int(part) for part in text.replace(",", " ").split())
    except ValueError:
        raise _wrong("hidden", "layer widths such as 128 or 128, 64", text) from None


def _is_absolute(data: object) -> bool:
    """Whether it is an absolute path, which a worker in any folder understands.

    The file need not exist: a recorded run outlives its data, and stores move between computers.
    """
    return isinstance(data, str) and any(
        kind(data).is_absolute() for kind in (PurePosixPath, PureWindowsPath)
    )


def _is_snapshot(text: object) -> bool:
    """Whether it has the form RUN@STEP."""
    return isinstance(text, str) and bool(re.fullmatch(r"[^@]+@[0-9]{1,15}", text))


def _wrong(field: str, expected: str, got: object) -> FieldError:
    return FieldError(field, f"must be {expected}; got {got!r}.")


def _check_number(field: str, value: object, low: float, high: float) -> None:
    """low, high: ints for a field that takes only whole numbers."""
    kinds: Any
    if isinstance(low, int):
        kinds, expected = int, f"a whole number from {low:,} to {high:,}"
    else:
        kinds, expected = int | float, f"a number from {low:g} to {high:g}"
    if not isinstance(value, kinds) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(field, expected, value)
