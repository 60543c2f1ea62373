"""Finds what in an app would not work, and on which platform: it starts the app as the platforms do, and asks it."""
