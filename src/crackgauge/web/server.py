"""The server: everything that `crackgauge serve` starts and ends."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from crackgauge.errors import UsageError
from crackgauge.files import storing
from crackgauge.measure.scale import LEAST_MM, MOST_MM
from crackgauge.pipeline.folder import held
from crackgauge.web.access_token import check_token, require_token
from crackgauge.web.annotating import Annotations
from crackgauge.web.app import create_app
from crackgauge.web.connections import protocol_of
from crackgauge.web.events import Events
from crackgauge.web.gate import Gate
from crackgauge.web.jobs import JobQueue
from crackgauge.web.limits import Limits
from crackgauge.web.looking import Looker
from crackgauge.web.page import PAGE, read_page
from crackgauge.web.project import Project, read_model_info
from crackgauge.web.renderer import Renderer
from crackgauge.web.security import Access
from crackgauge.web.state import State
from crackgauge.web.supervision import WorkerSettings
from crackgauge.web.tracing import Tracing
from crackgauge.web.trainer import Trainer

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_GRACE_S = 3
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class ServerSettings:
    """What a server is started with.

    Args:
        project: its folder.
        photos: a photo, a folder or a pattern; None for what the project has.
        host: address to listen on.
        port: 0 for a free one.
        model: a model file, or the folder of a training with one; None for the default.
        mm_per_px: scale of all photos; None leaves the project's.
        token: that requests must carry; None for none.
        names: further names that the server may be called by.
        workers: processes that work on jobs.
        threads: of the network in each; None for all cores shared among them.
        worker_memory_bytes: that one may take.
        limits: the bounds of everything else.
        page: where the page was built to.
    """

    project: Path
    photos: str | Path | None = None
    host: str = "127.0.0.1"
    port: int = 8730
    model: str | Path | None = None
    mm_per_px: float | None = None
    token: str | None = field(default=None, repr=False)
    names: Sequence[str] = ()
    workers: int = 1
    threads: int | None = None
    worker_memory_bytes: int = 8 << 30
    limits: Limits = field(default_factory=Limits)
    page: Path = PAGE


def serve(settings: ServerSettings, ready: Callable[[str], None]) -> None:
    """Serve a project until SIGINT or SIGTERM comes.

    Args:
        settings: what with.
        ready: called with the address, once it listens.

    Raises:
        UsageError: an address of others without a token, a token that is too short, a port that
            is taken, no photo, a project that another server holds.
        ModelFileError: the model is none.
        StorageError: the project cannot be written.
    """
    token = _token_for(settings)
    if settings.mm_per_px is not None and not LEAST_MM <= settings.mm_per_px < MOST_MM:
        raise UsageError(
            f"mm per px: got {settings.mm_per_px:g}, expected a positive number such as 0.21"
        )
    model = read_model_info(settings.model)
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(_listening(settings.host, settings.port))
        _make_folder(settings.project)
        stack.enter_context(held(settings.project))
        project = Project(settings.project, model)
        stack.callback(project.database.close)
        project.sweep()
        if settings.photos is not None:
            project.list_photos(settings.photos)
        if settings.mm_per_px is not None:
            _set_scale(project, settings.mm_per_px)
        page = read_page(settings.page)
        state = _start(project, settings, token, frozenset(page), stack)
        _run(create_app(state, page), state, settings, listening, ready)


def _make_folder(folder: Path) -> None:
    if os.path.lexists(folder) and not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; choose another --project")
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)


def _set_scale(project: Project, mm_per_px: float) -> None:
    """Take a new scale of the command line; what was measured with another is measured anew.

    The same command as before changes nothing, so that a scale set on the page stays.
    """
    with project.database.write():
        if not project.table.is_news("mm_per_px", repr(mm_per_px)):
            return
        project.table.change({"mm_per_px": mm_per_px}, version=None)
        done = [image.id for image in project.images.every() if image.survey]
        project.jobs.add("measure", list(done), most=len(done) + project.jobs.counts()["queued"])


def _start(
    project: Project,
    settings: ServerSettings,
    token: str | None,
    public: frozenset[str],
    stack: contextlib.ExitStack,
) -> State:
    limits = settings.limits
    events = Events(limits.event_streams)
    threads = settings.threads or max(1, (os.cpu_count() or 1) // settings.workers)
    memory = settings.worker_memory_bytes
    model = project.model
    # The page stays smooth where its browser shares the processor with them.
    finder = WorkerSettings(
        model.file, threads, memory, warm=True, digest=model.digest, niceness=10
    )
    queue = JobQueue(project, limits, events, finder, workers=settings.workers)
    drawer = WorkerSettings(None, 1, memory, warm=False, niceness=5)
    renderer = Renderer(project, limits, drawer)
    tracing = Tracing(project, limits, WorkerSettings(None, 1, memory, warm=False, traces=True))
    annotations = Annotations(project, tracing, renderer, limits)
    trainer = Trainer(project, limits, events)
    stack.callback(queue.close)
    hosts = {*_LOOPBACK, settings.host, *settings.names}
    access = Access(
        frozenset(name.lower() for name in hosts if not _is_any(name)),
        project.table.csrf(),
        token,
        public,
    )
    queue.start()
    trainer.start()
    stack.callback(trainer.close)
    state = State(project, queue, renderer, tracing, annotations, trainer, events, limits, access)
    looker = Looker(state)
    project.on_change = looker.look_at
    looker.start()
    stack.callback(looker.join)
    stack.callback(renderer.close)
    stack.callback(tracing.close)
    stack.callback(looker.close)
    return state


def _run(
    app: FastAPI,
    state: State,
    settings: ServerSettings,
    listening: socket.socket,
    ready: Callable[[str], None],
) -> None:
    config = uvicorn.Config(
        Gate(app, state.access, state.limits),
        http=protocol_of(state.limits),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # a warning for each odd request would fill the terminal
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=_GRACE_S,
        h11_max_incomplete_event_size=64 * 1024,
    )
    host, port = listening.getsockname()[:2]
    shown = settings.host if not _is_any(settings.host) else host
    server = _Server(config, lambda: ready(f"http://{_bracketed(shown)}:{port}/"), state)
    server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that says when it listens, and that keeps nobody waiting when it is stopped."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], state: State) -> None:
        super().__init__(config)
        self._ready = ready
        self._state = state

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End the server at SIGINT and SIGTERM, and then everything else that was started.

        uvicorn raises the signal again, which would leave workers and files open.
        """
        before = {each: signal.signal(each, self.handle_exit) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams, and what requests wait for: they are answered as busy."""
        self._state.events.close()
        self._state.renderer.close()
        self._state.tracing.close()
        await super().shutdown(sockets)


def _token_for(settings: ServerSettings) -> str | None:
    token = None if settings.token is None else check_token(settings.token)
    if token is None and not is_loopback(settings.host):
        raise require_token(settings.host)
    return token


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen on an address.

    Raises:
        UsageError: it is taken, or none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    with listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"{host}:{port}: cannot be listened on ({error.strerror or error}); "
                "choose another --port or --host"
            ) from error
        yield listening
