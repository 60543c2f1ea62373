"""What is wrong with what was asked, as one line that names the remedy."""


class CostError(Exception):
    """Traffic, a file or a setting that no cost can be computed from; the text says what is allowed."""
