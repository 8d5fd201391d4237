"""A news aggregator: it reads feeds, keeps the articles and serves them as JSON."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import asynccontextmanager
from threading import Lock
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import feeds
from cache import Cache
from database import Article, Database, Source
from errors import DATABASE_ERRORS, handle_errors, reply
from schemas import (
    ArticleOut,
    ArticlePage,
    ArticleQuery,
    Detail,
    ErrorReply,
    Health,
    IdInPath,
    RefreshResult,
    SourceOut,
)
from settings import Settings

VERSION = "1.0.0"
GREETING = "Hello from the news API"

log = logging.getLogger("uvicorn.error")  # uvicorn's own, so that all lines of the log look alike
write_lock = Lock()  # one refresh at a time


@asynccontextmanager
async def lifespan(app: FastAPI):
    """What comes before the first request, and after the last."""
    state = app.state
    state.settings = Settings()
    state.database = Database(state.settings.database_url)
    state.cache = Cache(state.settings.redis_url and str(state.settings.redis_url), state.settings.cache_seconds)
    state.prepared = False
    try:
        prepare(state)
    except DATABASE_ERRORS as error:  # start all the same: /health says 503 until it is there
        log.warning("starting without the database: %s", str(error).splitlines()[0])
    yield
    state.cache.close()
    state.database.close()


app = FastAPI(title="News API", version=VERSION, lifespan=lifespan, responses={"default": {"model": ErrorReply}})
handle_errors(app)


def prepare(state) -> None:
    """Make the tables, and read the feeds where there is no article yet. Tried again until it has worked once."""
    with write_lock:
        if state.prepared:
            return
        state.database.create_tables()
        with state.database.session() as session:
            if session.scalar(select(Article.id).limit(1)) is None:
                results = feeds.refresh(session, state.settings.feeds)
                log.info("read %d articles from %d feeds", sum(each.added for each in results), len(results))
        state.prepared = True


def get_session(request: Request) -> Iterator[Session]:
    """A database session for one request."""
    prepare(request.app.state)
    with request.app.state.database.session() as session:
        yield session


InSession = Annotated[Session, Depends(get_session)]


@app.get("/")
def greet() -> dict[str, str]:
    return {"message": GREETING, "version": VERSION}


@app.get("/health")
def health(request: Request, session: InSession) -> Health:
    return Health(
        version=VERSION,
        database=request.app.state.database.name,
        cache=request.app.state.cache.state(),
        articles=session.scalar(select(func.count(Article.id))),
    )


@app.get("/articles", response_model=ArticlePage)
def list_articles(request: Request, session: InSession, query: Annotated[ArticleQuery, Query()]) -> Response:
    """The newest first, page by page."""
    cache = request.app.state.cache
    key = query.model_dump_json()
    page = cache.get(key)
    if page is None:
        page = find_articles(session, query).model_dump_json()
        cache.put(key, page)
    return Response(page, media_type="application/json")


def find_articles(session: Session, query: ArticleQuery) -> ArticlePage:
    found = select(Article)
    if query.source is not None:
        if session.get(Source, query.source) is None:
            raise HTTPException(404, f"There is no source {query.source}.")
        found = found.where(Article.source_id == query.source)
    for word in (query.q or "").casefold().split():
        found = found.where(Article.search_text.contains(word, autoescape=True))
    total = session.scalar(select(func.count()).select_from(found.subquery()))
    # Equal times are common in feeds: the id makes the order, and so the pages, certain.
    ordered = found.order_by(Article.published.desc().nulls_last(), Article.id)
    articles = session.scalars(ordered.limit(query.limit).offset(query.offset))
    items = [ArticleOut.model_validate(article) for article in articles]
    return ArticlePage(total=total, limit=query.limit, offset=query.offset, items=items)


@app.get("/articles/{article_id}")
def get_article(session: InSession, article_id: IdInPath) -> ArticleOut:
    article = session.get(Article, article_id)
    if article is None:
        raise HTTPException(404, f"There is no article {article_id}.")
    return ArticleOut.model_validate(article)


@app.get("/sources")
def list_sources(session: InSession) -> list[SourceOut]:
    counted = select(Source, func.count(Article.id)).outerjoin(Article).group_by(Source.id).order_by(Source.id)
    return [SourceOut(id=s.id, title=s.title, feed=s.feed, articles=count) for s, count in session.execute(counted)]


@app.post("/refresh", response_model=RefreshResult)
def refresh(request: Request, session: InSession, x_refresh_token: Annotated[str, Header()] = ""):
    """Read all feeds now. Reading them again adds only what is new."""
    state = request.app.state
    wanted = state.settings.refresh_token
    if wanted and not secrets.compare_digest(x_refresh_token.encode(), wanted.get_secret_value().encode()):
        raise HTTPException(401, "The header X-Refresh-Token is missing or wrong.")
    with write_lock:
        results = feeds.refresh(session, state.settings.feeds)
    state.cache.clear()
    failed = [Detail(where=each.feed, problem=each.problem) for each in results if each.problem]
    if failed and len(failed) == len(results):
        return reply(502, "None of the feeds could be read.", failed)
    return RefreshResult(added=sum(each.added for each in results), feeds=results)
