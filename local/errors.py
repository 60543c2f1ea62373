"""The error of the emulation for all that a user can put right."""

from commandline import UserError


class SettingsError(UserError):
    """A setting that the platform or this machine cannot serve; the text names it and what to type."""
