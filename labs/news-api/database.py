"""The two tables, and the way to the database that holds them."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, create_engine
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Source(Base):
    """A feed that was read at least once."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    feed: Mapped[str] = mapped_column(unique=True)  # its address, as in the settings
    title: Mapped[str]


class Article(Base):
    __tablename__ = "articles"
    __table_args__ = (UniqueConstraint("source_id", "guid"),)  # reading a feed twice adds nothing

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    source: Mapped[Source] = relationship(lazy="joined", innerjoin=True)
    guid: Mapped[str]
    title: Mapped[str]
    link: Mapped[str]
    summary: Mapped[str]
    published: Mapped[datetime | None] = mapped_column(index=True)  # in UTC, without a time zone
    # Title and summary in one case. SQLite's own lower() knows only ASCII, so Python folds the case.
    search_text: Mapped[str]


class Database:
    """SQLite or PostgreSQL, whichever the address names. Opening it connects to nothing yet."""

    def __init__(self, url: URL) -> None:
        is_postgres = url.get_backend_name() == "postgresql"
        self.name = url.get_backend_name()
        # pre_ping: a connection that broke while it lay in the pool is replaced, not handed out.
        self._engine = create_engine(
            url, pool_pre_ping=True, connect_args={"connect_timeout": 2} if is_postgres else {}
        )

    def create_tables(self) -> None:
        Base.metadata.create_all(self._engine)

    def session(self) -> Session:
        return Session(self._engine)

    def close(self) -> None:
        self._engine.dispose()
