"""The command `crackgauge`: its parser, its errors and its exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer

from crackgauge.cli import (
    compare,
    doctor,
    evaluate,
    export,
    inspect,
    measure,
    models,
    predict,
    report,
    serve,
    trace,
    train,
)
from crackgauge.cli.data import app as data_app
from crackgauge.cli.options import examples, help_text, one_line
from crackgauge.errors import CrackgaugeError

_INTERNAL_ERROR = 1
_TRACEBACK_VARIABLE = "CRACKGAUGE_TRACEBACK"

app = typer.Typer(
    name="crackgauge",
    help="Find cracks in images, measure them, report them.",
    epilog=examples(
        "crackgauge inspect photos/ --mm-per-px 0.21 --out report/",
        "crackgauge predict photos/ --out masks/",
        "crackgauge train attention-unet-fast --data dataset/ --out runs/mine",
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _panel, _name, _module in (
    ("Find and measure", "inspect", inspect),
    ("Find and measure", "predict", predict),
    ("Find and measure", "measure", measure),
    ("Find and measure", "report", report),
    ("Find and measure", "compare", compare),
    ("Find and measure", "trace", trace),
    ("Find and measure", "serve", serve),
    ("Find and measure", "evaluate", evaluate),
    ("Models", "train", train),
    ("Models", "export", export),
    ("Models", "models", models),
    ("Help", "doctor", doctor),
):
    app.command(
        _name,
        rich_help_panel=_panel,
        cls=getattr(_module, "COMMAND_CLASS", None),
        epilog=_module.EPILOG,
        help=help_text(_module.command),
    )(_module.command)
app.add_typer(data_app, name="data", rich_help_panel="Models")


def _print_version(wanted: bool) -> None:
    if wanted:
        import crackgauge

        typer.echo(f"crackgauge {crackgauge.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Find cracks in images, measure them, report them."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave the process with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; errors become one sentence on stderr.

    Returns:
        The exit code: 0 done, 1 a bug of ours, 2 wrong use, 3 done but some inputs were set
        aside, 4 stopped.
    """
    try:
        code = app(list(arguments), prog_name="crackgauge", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except CrackgaugeError as error:
        _complain(str(error))
        return error.exit_code
    except typer.TyperException as error:
        return _explain_usage(error)
    except (KeyboardInterrupt, typer.Abort):
        _complain("stopped")
        return 4
    except BrokenPipeError:  # the reader (`| head`) has gone: nobody is left to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the last place where a bug can be worded
        if os.environ.get(_TRACEBACK_VARIABLE):
            raise
        _complain(
            f"this is a bug of crackgauge: {type(error).__name__}: {' '.join(str(error).split())}; "
            f"run it again with {_TRACEBACK_VARIABLE}=1 and report what it prints"
        )
        return _INTERNAL_ERROR


def _explain_usage(error: typer.TyperException) -> int:
    """Word what the parser refused; without any argument, the help is the answer."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "crackgauge"
    message = error.format_message()
    if message.startswith("Got unexpected extra argument"):
        message = f"{message.partition('(')[0].strip()}; put a pattern such as '*.jpg' in quotes"
    if type(error).__name__ != "NoArgsIsHelpError":  # which has printed the help
        _complain(f"{message.rstrip('.')}; see '{command} --help'")
    return error.exit_code


def _complain(sentence: str) -> None:
    typer.echo(f"crackgauge: error: {one_line(sentence)}", err=True)
