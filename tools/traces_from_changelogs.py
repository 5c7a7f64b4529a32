#!/usr/bin/env python3
"""Write publication traces for `measure_rhythm FOLDER` from this machine's Debian changelogs.

Each of the COUNT busiest maintainers of the years FROM to TO becomes one source: a file of the
moments at which they signed an entry. People, teams and their hours, evenings and release
rushes; nothing is downloaded.

    tools/traces_from_changelogs.py FOLDER [--from 2020] [--to 2022] [--count 20]
"""

import argparse
import collections
import email.utils
import glob
import gzip
import pathlib
import re

ENTRY = re.compile(r"^ -- .*? <(.*?)>  (.*)$", re.M)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--from", dest="first", type=int, default=2020)
    parser.add_argument("--to", dest="last", type=int, default=2022)
    parser.add_argument("--count", type=int, default=20)
    args = parser.parse_args()
    moments: dict[str, set[int]] = collections.defaultdict(set)
    for path in sorted(glob.glob("/usr/share/doc/*/changelog*.gz")):
        with gzip.open(path, "rt", errors="replace") as file:
            for who, when in ENTRY.findall(file.read()):
                try:
                    moment = email.utils.parsedate_to_datetime(when)
                except ValueError:
                    continue
                if args.first <= moment.year <= args.last:
                    moments[who].add(int(moment.timestamp() * 1000))
    args.folder.mkdir(parents=True, exist_ok=True)
    busiest = sorted(moments.items(), key=lambda item: (-len(item[1]), item[0]))[: args.count]
    for number, (_, times) in enumerate(busiest):
        lines = "".join(f"{time}\n" for time in sorted(times))
        (args.folder / f"maintainer-{number:02}").write_text(lines)
        print(f"maintainer-{number:02}: {len(times)} entries")


if __name__ == "__main__":
    main()
