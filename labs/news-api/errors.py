"""Whatever goes wrong, the reply is JSON of one shape: see ErrorReply."""

import logging
from collections.abc import Mapping, Sequence

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import exc as sql
from starlette.exceptions import HTTPException

from schemas import Detail, Error, ErrorReply

log = logging.getLogger("uvicorn.error")
# Away, refusing, not writable, or without our tables (it was replaced by an empty one).
DATABASE_ERRORS = (sql.OperationalError, sql.InterfaceError, sql.ProgrammingError, sql.TimeoutError)


def reply(
    status: int, message: str, details: Sequence[Detail] = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = ErrorReply(error=Error(status=status, message=message, details=list(details)))
    return JSONResponse(body.model_dump(), status, headers)


def handle_errors(app: FastAPI) -> None:
    """Tell the app how to answer for each kind of error."""

    @app.exception_handler(HTTPException)  # 404, 405, and those that main.py raises
    def http(request: Request, error: HTTPException) -> JSONResponse:
        return reply(error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        details = [Detail(where=".".join(map(str, each["loc"])), problem=each["msg"]) for each in error.errors()]
        return reply(422, "The request is not valid.", details)

    def no_database(request: Request, error: Exception) -> JSONResponse:
        log.warning("the database does not answer: %s", str(error).splitlines()[0])
        request.app.state.prepared = False  # when it is back it may be another one, and empty
        return reply(503, "The database does not answer.", headers={"Retry-After": "5"})

    for kind in DATABASE_ERRORS:
        app.add_exception_handler(kind, no_database)

    @app.exception_handler(Exception)
    def bug(request: Request, error: Exception) -> JSONResponse:
        return reply(500, "Something went wrong here. The log says what.")  # and uvicorn logs the traceback
