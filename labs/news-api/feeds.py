"""Read RSS and Atom feeds and keep their articles."""

import io
import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import feedparser
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from database import Article, Source
from schemas import FeedResult
from settings import APP_FOLDER

LARGEST_FEED_BYTES = 5_000_000
LONGEST_GUID = 500
LONGEST_SUMMARY = 500
DATES = ("published_parsed", "updated_parsed")  # RSS has the first; Atom demands only the second


class FeedError(Exception):
    """A feed that cannot be used. The message is shown to whoever asked for the refresh."""


@dataclass(frozen=True)
class Entry:
    guid: str
    title: str
    link: str
    summary: str
    published: datetime | None


def refresh(session: Session, addresses: list[str]) -> list[FeedResult]:
    """Read every feed and add the articles that are new. A bad feed does not stop the others."""
    results = []
    for address in addresses:
        try:
            title, entries = parse(read(address))
            results.append(FeedResult(feed=address, found=len(entries), added=store(session, address, title, entries)))
        except FeedError as error:
            results.append(FeedResult(feed=address, problem=str(error)))
    return results


def read(address: str) -> bytes:
    """The bytes at an http(s):// or file:// address, or at a path (from the app's folder)."""
    if "://" not in address:
        address = (APP_FOLDER / address).as_uri()
    try:
        with urlopen(Request(address, headers={"User-Agent": "news-api"}), timeout=10) as response:
            content = response.read(LARGEST_FEED_BYTES + 1)
    except HTTPError as error:
        raise FeedError(f"the server answered {error.code}") from error
    except URLError as error:
        raise FeedError(f"cannot be read: {getattr(error.reason, 'strerror', None) or error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:  # it broke off, or is no address at all
        raise FeedError(f"cannot be read: {error}") from error
    if len(content) > LARGEST_FEED_BYTES:
        raise FeedError(f"longer than {LARGEST_FEED_BYTES} bytes")
    return content


def parse(content: bytes) -> tuple[str, list[Entry]]:
    """The feed's title and its entries."""
    try:
        # As a stream: feedparser would take short content for the name of a file and open that.
        parsed = feedparser.parse(io.BytesIO(content))
    except Exception as error:  # whatever a stranger's file makes it stumble over
        raise FeedError(f"cannot be parsed: {error}") from error
    if not parsed.get("version"):
        raise FeedError("neither RSS nor Atom")
    entries = {}
    for item in parsed.entries:
        link = item.get("link", "")
        guid = item.get("id") or link
        if link.startswith(("http://", "https://")) and len(guid) <= LONGEST_GUID:
            entries.setdefault(clean(guid), _entry(item, clean(guid), clean(link)))
    return clean(parsed.feed.get("title", "")) or "(untitled)", list(entries.values())


def _entry(item: feedparser.FeedParserDict, guid: str, link: str) -> Entry:
    return Entry(
        guid=guid,
        title=clean(item.get("title", "")) or "(untitled)",
        link=link,
        summary=clean(item.get("summary", ""))[:LONGEST_SUMMARY],
        published=moment(next((item[name] for name in DATES if name in item), None)),
    )


def clean(text: str) -> str:
    """Plain text on one line: no tags, and no characters that a database refuses."""
    text = unescape(re.sub(r"<[^>]*>", " ", text))
    return " ".join(re.sub("[\x00\ud800-\udfff]", "", text).split())


def moment(parsed) -> datetime | None:
    """feedparser's time (nine numbers, in UTC) as a datetime; None where there is none, or it makes no sense."""
    try:
        return datetime(*parsed[:6]) if parsed else None
    except ValueError:
        return None


def store(session: Session, address: str, title: str, entries: list[Entry]) -> int:
    """Add the entries that are not there yet, and say how many these were."""
    try:
        source = session.scalar(select(Source).where(Source.feed == address))
        if source is None:
            source = Source(feed=address)
            session.add(source)
        source.title = title
        session.flush()  # a new source gets its id here
        known = set(session.scalars(select(Article.guid).where(Article.source_id == source.id)))
        new = [entry for entry in entries if entry.guid not in known]
        session.add_all(
            Article(source_id=source.id, search_text=f"{entry.title} {entry.summary}".casefold(), **vars(entry))
            for entry in new
        )
        session.commit()
    except IntegrityError:  # another process on the same database stored them in the meantime
        session.rollback()
        return 0
    return len(new)
