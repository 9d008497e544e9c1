"""The app: routes, errors in one sentence, and its description."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

import crackgauge
from crackgauge.errors import CrackgaugeError
from crackgauge.web.page import PageFile, answering
from crackgauge.web.refusals import NO_JSON, Problem, Refused, as_refused, misfit
from crackgauge.web.routes import (
    cracks,
    datasets,
    exports,
    images,
    jobs,
    project,
    session,
    strokes,
    trainings,
)
from crackgauge.web.state import State

BUILD_THE_PAGE = (
    "The crackgauge server runs; its page is not built. With Node.js, run `npm ci && npm run "
    "build` in src/crackgauge/web/frontend of the source and start `crackgauge serve` again. "
    "The REST interface works without it: see /openapi.json.\n"
)


def create_app(state: State, page: Mapping[str, PageFile]) -> FastAPI:
    """Put the app together.

    Args:
        state: what the routes work with.
        page: files by path, of `read_page`; nothing where it is not built.
    """
    app = FastAPI(
        title="crackgauge",
        version=crackgauge.__version__,
        description="Find cracks in images, measure them, report them.",
        docs_url=None,  # it would load its script from another machine
        redoc_url=None,
        redirect_slashes=False,
        # The environment could name a machine that is told about every request.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        responses={
            "4XX": {"model": Problem, "description": "refused, with the reason"},
            "5XX": {"model": Problem, "description": "not now, or a bug"},
        },
    )
    app.state.crackgauge = state
    for each in (session, project, images, strokes, cracks, jobs, exports, datasets, trainings):
        app.include_router(each.router)
    app.add_exception_handler(CrackgaugeError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_error)

    for path, file in page.items():
        app.add_route(path, answering(file), include_in_schema=False)
    if not page:

        @app.get("/", include_in_schema=False)
        def get_hint() -> PlainTextResponse:
            return PlainTextResponse(BUILD_THE_PAGE)

    return app


async def _answer_error(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    if isinstance(error, RequestValidationError):
        return _answer(misfit(error.errors()))
    return _answer(as_refused(error))  # a bug is raised again, and logged by the gate


async def _answer_http(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001
    """Word what the router says: no such path, or not with this method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = {
        404: ("not-found", "there is nothing at this address; see /openapi.json"),
        405: ("method", "this address does not take this method; see /openapi.json"),
        400: ("body", NO_JSON),
    }
    reason, sentence = words.get(status, ("http", "the request cannot be answered"))
    return _answer(Refused(status, reason, sentence))


def _answer(refused: Refused) -> JSONResponse:
    return JSONResponse(
        refused.problem.model_dump(), status_code=refused.status, headers=refused.headers
    )
