"""Finds the targets that a user names: stacks, emulated platforms and URLs, and the request to each."""
