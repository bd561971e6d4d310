"""Control: the state machine of pausing, single steps and speed. It opens no store and reads no
clock.

The worker tells it of each step, epoch and command; it answers whether to pause, how long to wait
before the next step, and which state the run changes to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from nn.runs.store.run import CommandKind, Inbox, State

POLL_INTERVAL = 0.02  # seconds between two polls for commands while waiting
PAUSE_SECONDS = 60.0  # a run paused for longer releases its slot


@dataclass
class Pace:
    """How far a member of a race has come, and how the race keeps it in line, see
    nn.runs.worker.race. A worker with a pace does not sleep: it yields None at once, for the others
    to go on, and is called again."""

    members: int = 1  # of the race
    samples_seen: int = 0
    seconds: float = 0.0  # of training
    wait: float = 0.0  # seconds that it would sleep now
    held: bool = False  # by the race: it takes no step, but obeys its commands
    inbox: Inbox | None = None  # what the race has found for it and it has not read yet


@dataclass
class Control:
    """A run that nobody has paused or slowed down."""

    steps_until_pause: float = math.inf  # 0: paused
    seconds_per_step: float = 0.0  # at least; 0: full speed
    # A step that completes an epoch is followed by the epoch's scores: never wait between the two.
    scores_follow: bool = False
    follows_step: bool = False

    @property
    def paused(self) -> bool:
        return not self.steps_until_pause

    def after_step(self, completes_epoch: bool) -> bool:
        """Count one step → whether the run pauses now."""
        self.steps_until_pause -= 1
        self.follows_step, self.scores_follow = True, completes_epoch
        return self.paused and not completes_epoch

    def after_epoch(self) -> bool:
        """Note that an epoch's scores are there → whether the run pauses now."""
        self.follows_step = self.scores_follow = False
        return self.paused

    def command(self, kind: CommandKind, value: float | None = None) -> State | None:
        """Obey a command → the state that the run changes to, or None.

        value: with "step", how many steps to take; with "speed", the most steps a second (0: full
        speed).
        """
        if kind == "stop":
            return State.STOPPED
        if kind == "pause" and not self.paused:
            self.steps_until_pause = 0
            return State.PAUSED
        if kind == "resume" and self.steps_until_pause < math.inf:
            self.steps_until_pause = math.inf
            return State.RUNNING
        if kind == "step" and self.steps_until_pause < math.inf:
            self.steps_until_pause += value or 0
        elif kind == "speed":
            self.seconds_per_step = 1 / value if value else 0.0
        return None

    def wait(self, waited: float) -> float:
        """How many seconds to wait before the next poll; 0: go on training.

        waited: seconds since the last step or epoch.
        """
        if self.paused:
            return 0.0 if self.scores_follow else POLL_INTERVAL
        remaining = self.seconds_per_step - waited if self.follows_step else 0.0
        return min(max(0.0, remaining), POLL_INTERVAL)

    def may_release(self, waited: float) -> bool:
        """Whether the run has been paused for so long that others may have its slot."""
        return self.paused and waited > PAUSE_SECONDS
