"""Training: losses, optimiser, sharded steps, checkpoints and the loop over them."""
