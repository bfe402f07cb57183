"""No test may be skipped everywhere: ``python tools/check_no_test_skipped.py REPORT.xml ...``.

Reads what ``pytest --junit-xml`` wrote in each job of CI, and fails if some test ran in none of them.
"""

import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from pathlib import Path


def results(report: Path) -> Iterator[tuple[str, bool]]:
    """Name of each test, and whether it ran."""
    for case in ElementTree.parse(report).iter("testcase"):
        # One that is expected to fail did run; pytest reports it as skipped, too.
        skipped = any(mark.get("type") != "pytest.xfail" for mark in case.iter("skipped"))
        yield f"{case.get('classname')}::{case.get('name')}", not skipped


def main(paths: Sequence[str]) -> int:
    """Print what never ran; 1 if there is such a test."""
    ran: dict[str, bool] = {}
    for path in paths:
        for name, did_run in results(Path(path)):
            ran[name] = ran.get(name, False) or did_run
    if not ran:
        print("no test in any report")
        return 1
    never = sorted(name for name, did_run in ran.items() if not did_run)
    print(f"{len(ran)} tests in {len(paths)} reports, {len(never)} ran in none")
    print("".join(f"  {name}\n" for name in never), end="")
    return int(bool(never))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
