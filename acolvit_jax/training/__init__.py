"""Training: losses, optimizer, sharded steps, checkpoints and the loop over them."""
