"""The networks: NNX modules and pure functions on them. No I/O."""
