"""The console's settings, for a run that nobody prepared: `pytest` alone works."""

from __future__ import annotations

import os

# What the settings ask of the environment; what is set there already stays.
os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("SECRET_KEY", "for-tests-only")

from privacy_console.settings import *  # noqa: F403

# Looks a static file up when it is asked for. Otherwise each client of a test would list them all at its start.
WHITENOISE_AUTOREFRESH = True
# A browser keeps them for the length of a test.
WHITENOISE_MAX_AGE = 600
