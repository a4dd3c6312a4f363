"""The seed of whatever the suite draws at random.

The same in every run, so that a run which fails can be repeated. `SEED=0 ./console test …` draws anew, to find more.
"""

from __future__ import annotations

import os
import random

from hypothesis import settings

ALWAYS = 20_261_129
SEED = int(os.environ.get("SEED", ALWAYS)) or random.SystemRandom().randrange(1, 10**9)


def settle_hypothesis() -> None:
    """Examples that are drawn from the seed alone; and no deadline, which a busy machine would miss."""
    settings.register_profile("suite", deadline=None, derandomize=SEED == ALWAYS)
    settings.load_profile("suite")
