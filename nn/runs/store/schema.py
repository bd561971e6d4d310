"""The tables of the store. Each run has one writer, its worker; everyone may read."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from nn.network import LAYOUT, LAYOUT_0_1
from nn.random_streams import CURRENT_VERSION

STREAMS_0_1 = 1  # the version of 0.1's random streams

SCHEMA_VERSION = 11
# What turns a store of one version into the next: version → SQL. A statement about a table that the
# store lacks is left out: the table is created new.
MIGRATIONS = {
    1: (
        "ALTER TABLE runs ADD COLUMN pinned BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE commands ADD COLUMN value FLOAT",
    ),
    2: ("ALTER TABLE runs ADD COLUMN owner VARCHAR(32) NOT NULL DEFAULT ''",),
    3: (),  # a new table, digits
    4: (  # from 0.1: tables and columns under today's names
        "ALTER TABLE runs RENAME COLUMN sentence TO message",
        "ALTER TABLE runs RENAME COLUMN steps TO total_steps",
        "ALTER TABLE runs RENAME COLUMN samples TO samples_seen",
        f"ALTER TABLE runs ADD COLUMN parameter_layout VARCHAR(32) NOT NULL DEFAULT '{LAYOUT_0_1}'",
        f"ALTER TABLE runs ADD COLUMN stream_version INTEGER NOT NULL DEFAULT {STREAMS_0_1}",
        "ALTER TABLE points RENAME COLUMN samples TO samples_seen",
        "ALTER TABLE points RENAME COLUMN smooth_loss TO smoothed_loss",
        "ALTER TABLE epochs RENAME COLUMN samples TO samples_seen",
        "ALTER TABLE live RENAME COLUMN samples TO samples_seen",
        "ALTER TABLE frames RENAME COLUMN samples TO samples_seen",
        "ALTER TABLE frames RENAME TO snapshots",
        "UPDATE commands SET kind = 'lr' WHERE kind = 'rate'",
        "DROP INDEX IF EXISTS ix_digits_owner",
        "ALTER TABLE digits RENAME TO my_digits",
        "CREATE INDEX ix_my_digits_owner ON my_digits (owner)",
    ),
    5: (),  # a new table, pins
    # and a new table, accuracy_estimates
    6: ("ALTER TABLE epochs ADD COLUMN train_accuracy FLOAT",),
    7: (),  # two new tables, groups and members
    8: ("ALTER TABLE runs ADD COLUMN host VARCHAR(255) NOT NULL DEFAULT ''",),
    9: (),  # on SQLite, whose integers have 64 bits anyway
    10: tuple(
        f"ALTER TABLE {table} ADD COLUMN checksum BIGINT"
        for table in ("snapshots", "live", "checkpoints")
    ),
}
# Likewise, on a server only.
SERVER_MIGRATIONS = {
    9: tuple(
        f"ALTER TABLE {table} ALTER COLUMN {column} TYPE BIGINT"
        for table, columns in (
            ("runs", ("total_steps", "step", "samples_seen")),
            ("points", ("step", "samples_seen")),
            ("epochs", ("step", "samples_seen")),
            ("accuracy_estimates", ("step", "samples_seen")),
            ("snapshots", ("step", "samples_seen")),
            ("live", ("step", "samples_seen")),
            ("checkpoints", ("step",)),
            ("commands", ("step",)),
        )
        for column in columns
    )
}

metadata = MetaData()
# Of steps and images: a long run has more than 32 bits hold.
Count = BigInteger().with_variant(Integer, "sqlite")

about = Table("about", metadata, Column("schema_version", Integer, nullable=False))

runs = Table(
    "runs",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("owner", String(32), nullable=False, default=""),  # the visitor; "": the command line
    Column("spec", Text, nullable=False),  # RunSpec as JSON
    Column("created", Float, nullable=False),  # seconds since 1970, as all times here
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False, default=""),  # explains the state to the user
    Column("lease", String(32)),  # the token of its worker; no other may write
    # Of its worker; of a run that is queued, where it was queued.
    Column("host", String(255), nullable=False, default=""),
    Column("heartbeat", Float, nullable=False),  # its last heartbeat, or when it was queued
    Column(
        "watched_until", Float, nullable=False, default=0.0
    ),  # live snapshots are written until then
    Column("threads", Integer),  # the cores that the run may use, fixed at its first start
    Column("total_steps", Count, nullable=False, default=0),  # of the whole run, once known
    Column("step", Count, nullable=False, default=0),
    Column("samples_seen", Count, nullable=False, default=0),
    Column("seconds", Float, nullable=False, default=0.0),  # of training alone
    Column("epoch", Integer, nullable=False, default=0),  # complete ones
    Column("test_accuracy", Float),  # after the last complete epoch
    Column("pinned", Boolean, nullable=False, default=False),  # keeps all its snapshots
    Column("parameter_layout", String(32), nullable=False, default=LAYOUT),
    Column("stream_version", Integer, nullable=False, default=CURRENT_VERSION),
)


def _checksum() -> Column[int]:
    """Of the bytes in the row, see nn.runs.store.checksum; None: written before there was one."""
    return Column("checksum", Count)


def _of_run() -> Column[str]:
    return Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


# The loss curve at chosen steps: the batch's loss, and the running mean of all batches' losses.
points = Table(
    "points",
    metadata,
    _of_run(),
    Column("step", Count, primary_key=True),
    Column("samples_seen", Count, nullable=False),
    Column("loss", Float, nullable=False),
    Column("smoothed_loss", Float, nullable=False),
)

epochs = Table(
    "epochs",
    metadata,
    _of_run(),
    Column("epoch", Integer, primary_key=True),
    Column("step", Count, nullable=False),
    Column("samples_seen", Count, nullable=False),
    Column("train_loss", Float, nullable=False),
    Column("val_loss", Float),
    Column("val_accuracy", Float),
    Column("test_accuracy", Float),
    Column("images_per_second", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("train_accuracy", Float),  # on a sample; None: recorded before there was one
)

# The accuracy on a few hundred fixed images at some of the kept snapshots, see
# nn.runs.worker.accuracy_meter.
accuracy_estimates = Table(
    "accuracy_estimates",
    metadata,
    _of_run(),
    Column("step", Count, primary_key=True),
    Column("samples_seen", Count, nullable=False),
    Column("accuracy", Float, nullable=False),
)

# Snapshots: the network at chosen steps, to look at. Parameters are float16, in the layout that the
# run's row names (see nn.network.from_layout).
snapshots = Table(
    "snapshots",
    metadata,
    _of_run(),
    Column("step", Count, primary_key=True),
    Column("samples_seen", Count, nullable=False),
    Column("loss", Float),
    Column("parameters", LargeBinary, nullable=False),
    _checksum(),
)

# The live snapshot: one row a run, overwritten while somebody watches.
live = Table(
    "live",
    metadata,
    _of_run(),
    Column("step", Count, nullable=False),
    Column("samples_seen", Count, nullable=False),
    Column("loss", Float),
    Column("parameters", LargeBinary, nullable=False),
    _checksum(),
)

# The checkpoint: everything needed to resume, one a run (see nn.models.checkpoint).
checkpoints = Table(
    "checkpoints",
    metadata,
    _of_run(),
    Column("step", Count, nullable=False),
    Column("data", LargeBinary, nullable=False),
    _checksum(),
)

commands = Table(
    "commands",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("value", Float),  # of the kinds that take one
    Column("created", Float, nullable=False),
    Column("step", Count),  # at which the worker obeyed it; None: not yet
)

# Groups: runs that belong together (see nn.runs.store.groups).
groups = Table(
    "groups",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("kind", String(16), nullable=False),  # race, grid or sweep
    Column("name", Text, nullable=False, default=""),
    Column("owner", String(32), nullable=False, default=""),  # as of runs
    Column("created", Float, nullable=False),
    Column("options", Text, nullable=False, default="{}"),  # JSON, of its kind
)

members = Table(
    "members",
    metadata,
    Column("group", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("position", Integer, nullable=False),  # in the group, from 0
)

# My digits: labeled drawings; each visitor has their own.
my_digits = Table(
    "my_digits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(32), nullable=False, index=True),  # the visitor
    Column("created", Float, nullable=False),
    Column("label", Integer, nullable=False),
    Column("image", LargeBinary, nullable=False),  # 28 × 28 uint8, preprocessed as MNIST
    Column(
        "strokes", Text, nullable=False
    ),  # JSON: pen paths [[x, y], …]; [] for an uploaded image
)

# Pinned drawings: each visitor has their own.
pins = Table(
    "pins",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner", String(32), nullable=False, index=True),  # the visitor
    Column("image", LargeBinary, nullable=False),  # as in my_digits
)
