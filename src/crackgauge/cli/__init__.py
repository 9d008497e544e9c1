"""The command line: one command a file, each of which parses, calls and prints.

Contract: no command holds logic of its own; `pipeline` and the rooms below do the work. Building
the parser imports typer alone, so that `--help` is fast; whatever is heavy is imported in a
command's body. Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 2 wrong
use, 3 done but some inputs were set aside, 4 stopped (disk full, signal).
"""
