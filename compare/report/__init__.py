"""Runs into one Report, and that Report into text, a page, JSON, Markdown or CSV; all of it pure."""
