"""The web page and its REST API, on this machine.

Holds the app, its jobs, its store and its security; the page itself is built in `frontend/`.

Contract: it calls the same functions of `pipeline` as the command line. It listens on 127.0.0.1;
any other address needs a token. Names are made by the server, answers are re-encoded, limits are
enforced before parsing, errors carry no paths and no traces.
"""
