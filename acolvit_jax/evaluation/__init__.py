"""Evaluation: metrics and the protocol around them."""
