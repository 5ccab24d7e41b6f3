"""Data: where photographs come from, what is done to each, and how they become batches."""
