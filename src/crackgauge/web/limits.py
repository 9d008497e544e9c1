"""What one client, one request and one worker may take: all bounds in one place."""

from __future__ import annotations

from dataclasses import dataclass

_MIB = 1 << 20
_GIB = 1 << 30


@dataclass(frozen=True)
class Limits:
    """Bounds of a server; what is beyond them is refused before it is parsed.

    Args:
        json_bytes: body of any request but an upload.
        json_depth: lists and objects within each other.
        upload_bytes: one uploaded photo.
        image_count: photos of a project.
        image_px: pixels of a photo; formats other than TIFF have `images.WHOLE_LIMIT_PX` too.
        target_bytes: path and query of a request.
        header_bytes: one header, name and value.
        headers_bytes: all headers of a request.
        connections: open at a time.
        requests: worked on at a time.
        event_streams: open at a time.
        renders: pictures that wait for being drawn.
        traces: traces that wait for being computed.
        strokes: on one photo, what was undone too.
        sessions: large sets of strokes that wait for being worked on.
        session_bytes: that the strokes of one photo take.
        stroke_px: pixels that a brush stroke is drawn over.
        queue_jobs: jobs that wait.
        datasets: that are kept.
        trainings: that wait.
        head_s: until a request's headers must be there.
        body_s: until a request's body must be there, besides `body_bytes_per_s`.
        body_bytes_per_s: slowest upload.
        stalled_s: how long a client may leave an answer unread.
        render_s: drawing one picture.
        trace_s: computing one trace.
        propose_s: taking one prediction as traces.
        find_s: finding the cracks of one photo, besides `find_s_per_megapixel`.
        find_s_per_megapixel: for the network.
        measure_s: measuring one photo.
        export_s: writing one export.
        tries: of a photo that ends its worker.
    """

    json_bytes: int = 64 * 1024
    json_depth: int = 20
    upload_bytes: int = 4 * _GIB
    image_count: int = 20_000
    image_px: int = 20_000_000_000
    target_bytes: int = 2_000
    header_bytes: int = 8_000
    headers_bytes: int = 32_000
    connections: int = 256
    requests: int = 128
    event_streams: int = 32
    renders: int = 24
    traces: int = 8
    strokes: int = 10_000
    sessions: int = 8
    session_bytes: int = 32 * _MIB
    stroke_px: int = 1_000_000_000
    queue_jobs: int = 40_000
    datasets: int = 200
    trainings: int = 20
    head_s: float = 10.0
    body_s: float = 10.0
    body_bytes_per_s: int = 64 * 1024
    stalled_s: float = 60.0
    render_s: float = 30.0
    trace_s: float = 60.0
    propose_s: float = 600.0
    find_s: float = 600.0
    find_s_per_megapixel: float = 120.0
    measure_s: float = 1800.0
    export_s: float = 7200.0
    tries: int = 2
