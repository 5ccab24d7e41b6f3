"""Models on disk: runs, weights files, PyTorch's, exports, and surgery on parameters."""
