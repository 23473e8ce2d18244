"""Register imports (登记导入): an estate's owners from a spreadsheet, seen before they count.

A clerk's file is read, each row compared with the register, every problem said with its cell. Then
somebody decides; the clock records, as that person; another has all of it verified.
"""

from services import resealing
from services.register_imports import turns
from services.register_imports.commands import (
    StartedImport,
    apply,
    check_same,
    discard,
    receive,
    start,
    verify,
)
from services.register_imports.reading import Read, read
from services.register_imports.stages import reseal
from services.register_imports.tables import (
    HALTS,
    ROW_STATES,
    STATES,
    Halt,
    ImportMode,
    ImportState,
    RegisterImport,
    RegisterImportProblem,
    RegisterImportRow,
    RowState,
)

resealing.SEALED[RegisterImportRow] = reseal

__all__ = [
    "HALTS",
    "ROW_STATES",
    "STATES",
    "Halt",
    "ImportMode",
    "ImportState",
    "Read",
    "RegisterImport",
    "RegisterImportProblem",
    "RegisterImportRow",
    "RowState",
    "StartedImport",
    "apply",
    "check_same",
    "discard",
    "read",
    "receive",
    "reseal",
    "start",
    "turns",
    "verify",
]
