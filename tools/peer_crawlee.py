"""The work of `measure_crawl` done by Crawlee for Python: feeds, articles, extraction, SQLite.

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install 'crawlee[parsel,httpx]' trafilatura lxml_html_clean
    /tmp/peer/bin/python tools/peer_crawlee.py PORT FIRST LAST HOSTS

As `peer_scrapy.py` with trafilatura. Crawlee has no limit per host: what the server saw says so.
"""

import asyncio
import json
import logging
import os
import resource
import socket
import sqlite3
import sys
import tempfile
from datetime import timedelta

import trafilatura
from crawlee import ConcurrencySettings, Request
from crawlee.crawlers import HttpCrawler, HttpCrawlingContext
from crawlee.http_clients import HttpxHttpClient
from crawlee.storage_clients import MemoryStorageClient
from parsel import Selector

PORT, FIRST, LAST, HOSTS = (int(word) for word in sys.argv[1:5])

look_up = socket.getaddrinfo


def loopback(host, *args, **kwargs):
    """Every name of the test web is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    return look_up("127.0.0.1" if name and name.endswith(".example") else host, *args, **kwargs)


async def main() -> None:
    socket.getaddrinfo = loopback
    folder = tempfile.TemporaryDirectory()
    database = sqlite3.connect(os.path.join(folder.name, "peer.db"))
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE article (url TEXT PRIMARY KEY, title TEXT, date TEXT, text TEXT)")
    crawler = HttpCrawler(
        http_client=HttpxHttpClient(http2=False),
        storage_client=MemoryStorageClient(),
        concurrency_settings=ConcurrencySettings(
            min_concurrency=32, desired_concurrency=64, max_concurrency=64
        ),
        request_handler_timeout=timedelta(minutes=5),
        respect_robots_txt_file=False,
        max_request_retries=1,
        configure_logging=False,
        use_session_pool=False,
    )
    logging.getLogger("crawlee").setLevel(logging.ERROR)

    @crawler.router.default_handler
    async def handle(context: HttpCrawlingContext) -> None:
        body = await context.http_response.read()
        if context.request.url.endswith("/feed.xml"):
            links = Selector(text=body.decode(), type="xml").xpath("//item/link/text()").getall()
            await context.add_requests([Request.from_url(link) for link in links])
            return
        found = trafilatura.bare_extraction(body, url=context.request.url, with_metadata=True)
        if found:
            row = (context.request.url, found.title, found.date, found.text)
            database.execute("INSERT OR REPLACE INTO article VALUES (?, ?, ?, ?)", row)
            database.commit()

    feeds = [
        f"http://site-{source % HOSTS:03}.example:{PORT}/s/{source}/feed.xml"
        for source in range(FIRST, LAST)
    ]
    await crawler.run(feeds)
    (pages,) = database.execute("SELECT count(*) FROM article").fetchone()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"pages": pages, "peak_kb": peak}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
