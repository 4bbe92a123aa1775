"""Measures the functions side by side on the local emulators."""

from __future__ import annotations

import argparse
import importlib
import sys
import time

from bench import report, servers
from bench.fixture import fixture
from bench.results import Results

SECTIONS = (
    "heartbeat",
    "coldstart",
    "registration",
    "memory",
    "purge",
    "tick",
    "portal",
    "pace",
    "fleet",
)
NEED_NOTHING = {"pace", "fleet"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=SECTIONS, help="may be repeated")
    parser.add_argument("--quick", action="store_true", help="a few minutes; numbers are rough")
    parser.add_argument("--publish", action="store_true", help="write the results into docs/")
    options = parser.parse_args()
    chosen = options.only or SECTIONS
    results = Results.of_earlier_runs() if options.only else Results()
    started = time.monotonic()
    if set(chosen) - NEED_NOTHING:
        servers.compile_dependencies()
    for name in chosen:
        begun = time.monotonic()
        print(name, flush=True)
        measure = importlib.import_module(f"bench.{name}").measure
        if name in NEED_NOTHING:
            measure(results)
        else:
            # An emulator of its own: one is slower for what it has held before.
            with fixture(quick=options.quick) as here:
                measure(here, results)
        results.took[name] = round(time.monotonic() - begun)
        results.save()
    report.write(results, publish=options.publish)
    print(f"{time.monotonic() - started:.0f} seconds; see build/bench/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
