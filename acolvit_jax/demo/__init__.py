"""The web demo: a page to colour photos by clicking, and the HTTP interface under it."""
