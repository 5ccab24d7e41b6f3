"""Scoring models and baselines as the paper does: protocol, tables, figures."""
