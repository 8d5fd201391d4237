"""Settings come from environment variables, or from a file named .env in the working directory."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, RedisDsn, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

APP_FOLDER = Path(__file__).resolve().parent
SAMPLE_FEEDS = sorted(f"feeds/{path.name}" for path in (APP_FOLDER / "feeds").glob("*.xml"))


class Settings(BaseSettings):
    # A bad value stops the start, and the message must not print passwords.
    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True, arbitrary_types_allowed=True
    )

    database_url: Annotated[URL, NoDecode] = make_url("sqlite:///news_aggregator.db")
    feeds: Annotated[list[str], NoDecode] = SAMPLE_FEEDS  # in the environment: addresses with blanks between
    refresh_token: SecretStr | None = None  # where set, POST /refresh asks for it
    redis_url: RedisDsn | None = None
    cache_seconds: int = Field(default=60, ge=1)

    @field_validator("database_url", mode="before")
    @classmethod
    def _known_database(cls, value: str | URL) -> URL:
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("not a database address, for example postgresql://user:password@host/name") from None
        if url.drivername in ("postgres", "postgresql"):
            return url.set(drivername="postgresql+psycopg2")
        if url.drivername not in ("sqlite", "postgresql+psycopg2"):
            raise ValueError("only sqlite:// and postgresql:// are known")
        return url

    @field_validator("feeds", mode="before")
    @classmethod
    def _split(cls, value: str | list[str]) -> list[str]:
        return value.split() if isinstance(value, str) else value

    @field_validator("feeds")
    @classmethod
    def _known_feeds(cls, value: list[str]) -> list[str]:
        for address in value:
            scheme, found, _ = address.partition("://")
            if found and scheme not in ("http", "https", "file"):
                raise ValueError("a feed is an http://, https:// or file:// address, or a path")
        return list(dict.fromkeys(value))
