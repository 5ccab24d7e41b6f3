"""The web demo: a page to color photos by clicking, and the HTTP interface under it."""
