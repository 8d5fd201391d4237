"""An optional cache in Redis. Without Redis, or while it is away, the app works and is only slower."""

from typing import Literal

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

KEY = "news-api:articles"  # one hash holds all pages, so one command empties it


class Cache:
    """Pages of articles by their query. An error of Redis counts as "not there"."""

    def __init__(self, url: str | None, seconds: int) -> None:
        self._seconds = seconds
        # A cache that makes the caller wait is worse than none: short time-outs and no second try.
        self._redis = url and redis.Redis.from_url(
            url, socket_timeout=0.3, socket_connect_timeout=0.3, retry=Retry(NoBackoff(), 0), decode_responses=True
        )

    def get(self, query: str) -> str | None:
        return self._try(lambda: self._redis.hget(KEY, query))

    def put(self, query: str, page: str) -> None:
        self._try(lambda: self._redis.pipeline().hset(KEY, query, page).expire(KEY, self._seconds).execute())

    def clear(self) -> None:
        self._try(lambda: self._redis.delete(KEY))

    def state(self) -> Literal["off", "up", "away"]:
        if not self._redis:
            return "off"
        return "up" if self._try(self._redis.ping) else "away"

    def close(self) -> None:
        if self._redis:
            self._redis.close()

    def _try(self, command):
        if not self._redis:
            return None
        try:
            return command()
        except redis.RedisError:
            return None
