"""Accuracy while a run trains: estimated on a few images, so often that the curve climbs from its
first steps on, and so seldom that training is hardly slower."""

from __future__ import annotations

from math import inf, log
from time import thread_time

from nn.data.dataset import Dataset
from nn.metrics import Sample
from nn.network import Network
from nn.runs.worker import snapshot_schedule

IMAGES = 500  # the standard error of an accuracy is then 2.2 points at 50 %, 0.6 at 98 %
# Of the CPU time of the thread that trains: the whole process's clock also has, in jumps of some
# milliseconds, what its other threads use. Training becomes slower by up to twice as much, 3 % at
# most: the step after a measurement finds the caches without its weights.
SHARE = 0.012
EPOCHS_AHEAD = 2  # whose share may be spent now: most learning happens early
CLOCK = 1e-6  # seconds: what a clock that ticks seldom shows as 0
ALWAYS = 13  # measurements, also of a run so short that they exceed its share


class AccuracyMeter:
    """Takes the network as it is, and touches no random number and no state of the training."""

    def __init__(
        self, network: Network, images: Dataset, first: int, steps: int, per_epoch: int
    ) -> None:
        """images: validation images, or training images if none are held out; first: the step
        where training begins; steps: of the whole run; per_epoch: steps of an epoch."""
        before = thread_time()
        self._sample = Sample(images.images, images.labels, IMAGES, network)
        self._first, self._steps, self._per_epoch = first, steps, per_epoch
        # Where a snapshot is kept, unless the network is too large to keep so many.
        self._candidates = snapshot_schedule.snapshot_steps(steps, parameters=1)
        self._began = before
        self.count, self.seconds = 0, thread_time() - before  # CPU time of all measurements
        self._cost = 0.0  # of the last one
        self._measured = 0  # the step of the last one
        self._seen = 0.0, first  # training time and step when it was last seen
        self._per_step = inf  # training time of a step: the least so far, because the first is slow

    def measure(self, step: int) -> float | None:
        """The accuracy after ``step``, 0–1; None where none is due, so as to keep within SHARE."""
        if step not in self._candidates or not self._is_due(step):
            return None
        before = thread_time()
        accuracy = self._sample.accuracy()
        self._measured, self._cost = step, max(thread_time() - before, CLOCK)
        self.seconds += self._cost
        self.count += 1
        return accuracy

    def exclude(self, seconds: float) -> None:
        """Note CPU time that was spent on something else than this training."""
        self._began += seconds

    def _is_due(self, step: int) -> bool:
        """What may be spent is spread evenly over the logarithm of the steps."""
        if not self.count:
            return True
        training, (before, seen) = thread_time() - self._began - self.seconds, self._seen
        self._per_step = min(self._per_step, (training - before) / (step - seen))
        self._seen = training, step
        until = min(step + EPOCHS_AHEAD * self._per_epoch, self._steps)
        budget = SHARE * (training + self._per_step * (until - step)) - self.seconds
        affordable = max(budget / self._cost, ALWAYS - self.count)
        since = log(step / self._measured) if self._measured else inf
        return affordable >= 1 and since * affordable >= log(until / step)
