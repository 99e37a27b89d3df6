"""A colleague that claims five rows at a time, so that a small audience is shared: ``python -m small_batches FILE_DESCRIPTOR``."""

from __future__ import annotations

import sys

import letters.store.deliveries
from letters.deliver.sending_process import main

if __name__ == "__main__":
    letters.store.deliveries.BATCH = 5
    main(int(sys.argv[1]))
