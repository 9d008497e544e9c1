"""What a page needs first, and how it shows that it knows the token."""

from __future__ import annotations

from fastapi import APIRouter, Response

import crackgauge
from crackgauge.pipeline.export_formats import FORMATS
from crackgauge.web.access_token import same, session_value
from crackgauge.web.refusals import Refused
from crackgauge.web.schemas import Health, Login, Session
from crackgauge.web.security import SESSION_COOKIE
from crackgauge.web.state import Server, State

router = APIRouter(prefix="/api", tags=["session"])
_A_DAY_S = 24 * 3600


@router.get("/session")
def get_session(server: Server) -> Session:
    """Give the value against forgery, and what this server takes and writes."""
    return _session(server)


@router.post("/session")
def log_in(wanted: Login, server: Server, response: Response) -> Session:
    """Show the token once; a cookie stands for it afterwards."""
    token = server.access.token
    if token is not None:
        if not same(wanted.token, token):
            raise Refused(401, "token", "this is not the token that the server was started with")
        response.set_cookie(
            SESSION_COOKIE,
            session_value(token),
            max_age=_A_DAY_S,
            httponly=True,
            samesite="strict",
        )
    return _session(server)


def _session(server: State) -> Session:
    return Session(
        version=crackgauge.__version__,
        csrf=server.access.csrf,
        upload_bytes=server.limits.upload_bytes,
        formats={name: each.words for name, each in FORMATS.items() if each.is_there},
    )


@router.get("/health")
def get_health(server: Server) -> Health:
    """Say what the server is at."""
    counts = server.project.jobs.counts()
    return Health(
        version=crackgauge.__version__,
        workers=server.queue.pids,
        renderer=server.renderer.pid,
        tracer=server.tracing.pid,
        trainer=server.trainer.pid,
        queued=counts["queued"],
        running=counts["running"],
    )
