"""The work of `measure_crawl` done by Scrapy: feeds, articles, extraction, SQLite.

    python3 -m venv /tmp/peer && /tmp/peer/bin/pip install scrapy trafilatura lxml_html_clean
    /tmp/peer/bin/python tools/peer_scrapy.py PORT FIRST LAST HOSTS EXTRACTOR

Crawls the sources FIRST to LAST of a web on loopback; EXTRACTOR is `trafilatura` (text, title and
date) or `lxml` (all text of the page). Politeness as far as Scrapy has it: robots.txt, one request
at a time to a host, no delay. Prints one line of JSON: pages stored, peak resident memory in kB.
"""

import json
import os
import resource
import sqlite3
import sys
import tempfile

import lxml.html
import scrapy
import trafilatura
from scrapy.crawler import CrawlerProcess
from scrapy.resolver import CachingThreadedResolver
from twisted.internet import defer

PORT, FIRST, LAST, HOSTS = (int(word) for word in sys.argv[1:5])
EXTRACTOR = sys.argv[5]


class Loopback(CachingThreadedResolver):
    """Every name is this machine."""

    def getHostByName(self, name, timeout=None):
        return defer.succeed("127.0.0.1")


class News(scrapy.Spider):
    name = "news"

    async def start(self):
        for source in range(FIRST, LAST):
            host = f"site-{source % HOSTS:03}.example"
            yield scrapy.Request(f"http://{host}:{PORT}/s/{source}/feed.xml", callback=self.feed)

    def feed(self, response):
        for link in response.xpath("//item/link/text()").getall():
            yield scrapy.Request(link, callback=self.article)

    def article(self, response):
        yield {"url": response.url, "html": response.body}


class Store:
    def open_spider(self):
        self.folder = tempfile.TemporaryDirectory()
        self.database = sqlite3.connect(os.path.join(self.folder.name, "peer.db"))
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("CREATE TABLE article (url TEXT PRIMARY KEY, title TEXT, date TEXT, text TEXT)")

    def process_item(self, item):
        if EXTRACTOR == "trafilatura":
            found = trafilatura.bare_extraction(item["html"], url=item["url"], with_metadata=True)
            row = (item["url"], found.title, found.date, found.text) if found else None
        else:
            tree = lxml.html.fromstring(item["html"])
            row = (item["url"], tree.findtext(".//title"), None, tree.text_content())
        if row:
            self.database.execute("INSERT OR REPLACE INTO article VALUES (?, ?, ?, ?)", row)
            self.database.commit()
        return item

    def close_spider(self):
        (pages,) = self.database.execute("SELECT count(*) FROM article").fetchone()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"pages": pages, "peak_kb": peak}), flush=True)


def main() -> None:
    process = CrawlerProcess(
        {
            "DNS_RESOLVER": Loopback,
            "ITEM_PIPELINES": {Store: 1},
            "ROBOTSTXT_OBEY": True,
            "CONCURRENT_REQUESTS": 64,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "DOWNLOAD_DELAY": 0,
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
            "USER_AGENT": "peer",
        }
    )
    process.crawl(News)
    process.start()


if __name__ == "__main__":
    main()
