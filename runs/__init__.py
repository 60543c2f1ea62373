"""A saved run: its plan, its samples and its file, which the comparison writes and the costs read."""
