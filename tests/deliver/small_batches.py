"""A colleague that claims five rows at a time, so that a small audience is shared: ``python -m small_batches FILE_DESCRIPTOR``.

With ``LETTERS_TESTS_FAIL_AFTER`` it fails when it has written so many messages.
"""

from __future__ import annotations

import os
import sys
from itertools import count

import letters.store.deliveries
from letters.deliver.batch import Outgoing
from letters.deliver.desk import Desk
from letters.deliver.sending_process import main
from letters.store.deliveries import Claim

if __name__ == "__main__":
    letters.store.deliveries.BATCH = 5
    if most := int(os.environ.get("LETTERS_TESTS_FAIL_AFTER", "0")):
        usual, numbers = Desk.write, count(1)

        def write(self: Desk, claim: Claim) -> Outgoing:
            if next(numbers) > most:
                raise RuntimeError("no more of this")
            return usual(self, claim)

        Desk.write = write  # type: ignore[method-assign]
    main(int(sys.argv[1]))
