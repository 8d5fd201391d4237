"""What goes in and what comes out, as JSON."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import AfterValidator, AliasPath, BaseModel, ConfigDict, Field, StringConstraints

LARGEST_ID = 2**31 - 1  # PostgreSQL's integer ends here

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
IdInPath = Annotated[int, Path(ge=1, le=LARGEST_ID)]
# \0 cannot be stored by PostgreSQL, so it cannot be searched for either.
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Utc = Annotated[datetime, AfterValidator(lambda moment: moment.replace(tzinfo=UTC))]


class ArticleQuery(BaseModel):
    """What may follow /articles?  A misspelt name is an error, not a filter that silently does nothing."""

    model_config = ConfigDict(extra="forbid")

    q: Words | None = Field(default=None, description="words that the title or the summary must contain")
    source: Id | None = Field(default=None, description="id of a source")
    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=LARGEST_ID)


class SourceOut(BaseModel):
    id: int
    title: str
    feed: str
    articles: int


class ArticleOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    link: str
    summary: str
    published: Utc | None
    source: str = Field(validation_alias=AliasPath("source", "title"))


class ArticlePage(BaseModel):
    total: int
    limit: int
    offset: int
    items: list[ArticleOut]


class FeedResult(BaseModel):
    feed: str
    found: int = 0
    added: int = 0
    problem: str | None = None


class RefreshResult(BaseModel):
    added: int
    feeds: list[FeedResult]


class Health(BaseModel):
    status: Literal["ok"] = "ok"
    version: str
    database: str
    cache: Literal["off", "up", "away"]
    articles: int


class Detail(BaseModel):
    where: str
    problem: str


class Error(BaseModel):
    status: int
    message: str
    details: list[Detail] = []


class ErrorReply(BaseModel):
    """Every reply that is not a success looks like this."""

    error: Error
