"""Measures by a plan: rounds in random order, one request at a time, proven cold starts, and checks of the tool."""
