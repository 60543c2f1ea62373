"""The one error of the emulation for what a user can put right."""

from commandline import UserError


class SettingsError(UserError):
    """A setting that the platform or this machine cannot serve; the text names it and what to type."""
