"""Writes the dates that htmldate finds on the corpora's pages as JSON lines {"id", "date"}.

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install htmldate
    /tmp/peer/bin/python tools/peer_dates.py [--fast] > /tmp/htmldate.jsonl

The corpora are found by SANCTIONWATCH_CORPORA, else at ../shared/corpora.
"""

import gzip
import json
import os
import pathlib
import sys

from htmldate import find_date

SETS = {"fundus_tests", "wcxb_dev", "postlight", "traf_eval", "htmldate", "np4k"}


def main() -> None:
    folder = pathlib.Path(os.environ.get("SANCTIONWATCH_CORPORA", "../shared/corpora")) / "extraction"
    extensive = "--fast" not in sys.argv
    for line in (folder / "gold.jsonl").open(encoding="utf-8"):
        page = json.loads(line)
        if page["dataset"] not in SETS or not page.get("date"):
            continue
        html = gzip.open(folder / "pages" / f"{page['id']}.html.gz").read()
        # As htmldate's own evaluation calls it: the date of publication.
        date = find_date(html, extensive_search=extensive, original_date=True, url=page.get("url"))
        print(json.dumps({"id": page["id"], "date": date}))


if __name__ == "__main__":
    main()
