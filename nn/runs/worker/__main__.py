"""``python -m nn.runs.worker``: a worker process (see nn.runs.worker.loop.main)."""

from nn.runs.worker.loop import main

main()
