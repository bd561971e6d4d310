"""``python -m nn.runs.worker``: a worker process (see nn.runs.worker.main)."""

from nn.runs.worker.main import main

main()
