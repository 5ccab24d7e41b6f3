"""Colorizing photographs with a trained model."""
