"""Where a stream of training batches stands, as checkpoints hold it."""

from __future__ import annotations


def position(batches: int, batch_size: int) -> dict[str, int]:
    """The position after some batches, as plain numbers.

    Args:
        batches: that were taken.
        batch_size: images of each, over all processes.

    Returns:
        `next_index`, the batches, and `images`, which hold where batches have another size.
    """
    return {"next_index": batches, "images": batches * batch_size}


def batches_taken(position: dict[str, int], batch_size: int) -> int:
    """The batches after which a stream goes on.

    Args:
        position: that `position` gave; one without `images` counts batches of this size.
        batch_size: images of a batch from now on, over all processes.

    Returns:
        How many come before. No image that was taken comes again; where the size does not divide
        their number, a part of a batch is passed over.
    """
    images = position.get("images", position["next_index"] * batch_size)
    return -(-images // batch_size)
