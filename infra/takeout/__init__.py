"""Takeout (县数据迁出迁入): a county's whole data in a folder, and into another installation again.

Every row, the bytes of every file, the packs, and the audit with its proofs. The keys are wrapped
by a passphrase on the way: each installation has a master key of its own.
"""

from infra.takeout.folder import TakeoutRefused
from infra.takeout.leaving import leave
from infra.takeout.moving_in import move_in

__all__ = ["TakeoutRefused", "leave", "move_in"]
