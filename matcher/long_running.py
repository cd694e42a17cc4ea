"""What a program does that stays up, once it has started."""

import gc


def keep_for_good() -> None:
    """What is there by now stays: the collector need not walk through all of it again while somebody waits."""
    gc.collect()
    gc.freeze()
