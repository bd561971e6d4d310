"""Accuracy while a run trains: estimated on a few images, so often that the curve climbs from its
first steps on, and so seldom that training is hardly slower."""

from __future__ import annotations

from time import process_time

from nn.data.dataset import Dataset
from nn.metrics import Sample
from nn.network import Network
from nn.runs.worker import snapshot_schedule

IMAGES = 500  # the standard error of an accuracy is then 2.2 points at 50 %, 0.6 at 98 %
SHARE = 0.03  # of the worker's CPU time


class AccuracyMeter:
    """Measures nothing but the network as it is: no random number, no state of the training."""

    def __init__(
        self, network: Network, images: Dataset, first: int, steps: int, per_epoch: int
    ) -> None:
        """images: validation images, or training images if none are held out; first: the step
        where training begins; steps: of the whole run; per_epoch: steps of an epoch."""
        self._sample = Sample(images.images, images.labels, IMAGES, network)
        self._first, self._steps, self._per_epoch = first, steps, per_epoch
        self._due = snapshot_schedule.accuracy_steps(steps)
        self._began = process_time()
        self.seconds = self._last = 0.0  # CPU time of all measurements, of the last one

    def measure(self, step: int) -> float | None:
        """The accuracy after ``step``, 0–1; None where none is due or SHARE would be exceeded."""
        if step not in self._due or not self._affordable(step):
            return None
        before = process_time()
        accuracy = self._sample.accuracy()
        self._last = process_time() - before
        self.seconds += self._last
        return accuracy

    def _affordable(self, step: int) -> bool:
        """Whether one more measurement keeps within SHARE of what training takes until one epoch
        from here, or until the end: most learning happens early, where little time has passed."""
        if not self.seconds:
            return True
        done = max(1, step - self._first)
        until = min(done + self._per_epoch, self._steps - self._first)
        training = (process_time() - self._began - self.seconds) / done  # seconds a step
        return self.seconds + self._last <= SHARE * training * until
