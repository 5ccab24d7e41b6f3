"""The demo's HTTP server."""
