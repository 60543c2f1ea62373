"""The platforms on this machine: a front HTTP server and real instances of the app.

`python -m local aws|gcp|apprunner|ecs` runs one in the foreground, `Emulator` in the background.
"""

from local.emulator import Emulator, EmulatorError
from local.settings import Settings, SettingsError

__all__ = ["Emulator", "EmulatorError", "Settings", "SettingsError"]
