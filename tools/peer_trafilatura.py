#!/usr/bin/env python3
"""Dumps what trafilatura reads from the pages of a corpus, one JSON line a page.

usage: peer_trafilatura.py CORPORA/extraction [default|precision] > out.jsonl
needs: pip install trafilatura lxml_html_clean (in a venv of its own)
"""

import gzip
import json
import pathlib
import sys
import time

import trafilatura


def main():
    folder = pathlib.Path(sys.argv[1])
    precise = sys.argv[2:] == ["precision"]
    for line in (folder / "gold.jsonl").open(encoding="utf-8"):
        gold = json.loads(line)
        page = gzip.decompress((folder / "pages" / f"{gold['id']}.html.gz").read_bytes())
        start = time.process_time()
        text = trafilatura.extract(page, include_comments=False, favor_precision=precise)
        seconds = time.process_time() - start
        print(json.dumps({"id": gold["id"], "text": text or "", "seconds": round(seconds, 5)}))


if __name__ == "__main__":
    main()
