"""The power goes while SQLite appends to its log: what was committed before is there, and nothing half done."""

import random
import shutil
from pathlib import Path

from tests.unit.journal.values import Time, append, arrival, open_journal, prompt


def test_a_log_that_ends_anywhere(tmp_path: Path) -> None:
    time = Time()
    sizes = []
    with open_journal(tmp_path / "whole" / "journal.db", time) as journal:
        for number in range(30):
            append(journal, [arrival(prompt(f"{number}-{part}", time, text="x" * 2000)) for part in "ab"])
            sizes.append((tmp_path / "whole" / "journal.db-wal").stat().st_size)
        log = (tmp_path / "whole" / "journal.db-wal").read_bytes()
        shutil.copytree(tmp_path / "whole", tmp_path / "copy")
    chance = random.Random(3)  # noqa: S311 - where to cut, not a secret
    for cut in sorted({*sizes, *(chance.randrange(sizes[0], len(log)) for _ in range(60))}):
        folder = tmp_path / str(cut)
        folder.mkdir()
        shutil.copy(tmp_path / "copy" / "journal.db", folder)
        # What the disk had not written yet is missing, or is whatever was there before.
        (folder / "journal.db-wal").write_bytes(log[:cut] + chance.randbytes(chance.choice((0, 5000))))
        with open_journal(folder / "journal.db", time) as journal:
            assert journal.damaged is None
            found = [pending.id for pending in journal.recover()]
        committed = sum(size <= cut for size in sizes)
        assert found == [f"{number}-{part}" for number in range(committed) for part in "ab"]
