"""Other formats: published PyTorch checkpoints, weight files."""
