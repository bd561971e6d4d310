"""History: how weights and predictions changed over the snapshots of a run."""
